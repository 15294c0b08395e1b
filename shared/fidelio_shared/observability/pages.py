"""The pages that every process serves: /metrics, /live and /ready."""

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from fidelio_shared.messaging.health import Health


def make_pages(health: Health, registry: CollectorRegistry) -> list[BaseRoute]:
    async def metrics(_: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    async def live(_: Request) -> Response:
        stuck = health.stuck()
        return JSONResponse({"live": not stuck, "stuck": stuck}, status_code=503 if stuck else 200)

    async def ready(_: Request) -> Response:
        body = {"ready": health.is_ready, "waiting_for": sorted(set(health.waiting.values()))}
        return JSONResponse(body, status_code=200 if health.is_ready else 503)

    return [Route("/metrics", metrics), Route("/live", live), Route("/ready", ready)]
