from fidelio_deploy.commands import world

world()
