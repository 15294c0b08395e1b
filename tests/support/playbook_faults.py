"""A playbooks file, and what may be wrong with it: what stands there, what is there instead, and the message."""

FILE = """schema: 1
name: ours
version: 3
policy:
  quiet_hours:
    - {hours: "21:00 to 08:00", channels: [sms]}
  caps:
    - {most: 1, within: 30 days}
  gather: 2 seconds
  mass: {per_second: 20, approval_from: 1000}
playbooks:
  - name: it
    version: 1
    labels: {en: It, fr: Lui}
    trigger: {segment_entered: lapsed}
    when: {segment: loyal}
    until: {happened_since: order.placed}
    purpose: marketing
    priority: 50
    holdout: 10 %
    goal: {happened: order.placed, within: 60 days}
    expires_after: 2 days
    steps:
      - after: 1 hour
        channels: [email]
        template: check_in
"""
TRIGGER = "    trigger: {segment_entered: lapsed}"
WHEN = "    when: {segment: loyal}"
UNTIL = "    until: {happened_since: order.placed}"
STEP = """      - after: 1 hour
        channels: [email]
        template: check_in
"""
STEPS = f"    steps:\n{STEP}"
ANOTHER = (
    "  - {name: it, version: 1, labels: {en: It, fr: Lui}, trigger: on_request, purpose: marketing, "
    "expires_after: 1 day, steps: [{channels: [sms], template: check_in}]}\n"
)
TEMPLATES = ("check_in", "welcome")

WRONG: tuple[tuple[str, str, str], ...] = (
    ("schema: 1", "schema: 2", "1:9: schema is '2'; write a whole number from 1 to 1"),
    ("name: ours", "name: Ours!",
     "2:7: name is 'Ours!'; write a name of small letters, digits and _, such as big_spenders"),
    ("version: 3", "version: none", "3:10: version is 'none'; write a whole number from 1 to 1000000"),
    ("name: ours\n", "", "1:1: the file lacks `name`; add it"),
    ("policy:", "polices:", "4:1: the file has no `polices`; it takes schema, name, version, policy, playbooks"),
    ("21:00 to 08:00", "21h to 8h",
     '6:15: policy: quiet_hours: hours is \'21h to 8h\'; write two different times, such as "21:00 to 08:00"'),
    ("21:00 to 08:00", "08:00 to 08:00",
     ('6:15: policy: quiet_hours: hours is \'08:00 to 08:00\'; write two different times, such as "21:00 to '
      '08:00"')),
    ("21:00 to 08:00", "24:00 to 08:00",
     ('6:15: policy: quiet_hours: hours is \'24:00 to 08:00\'; write two different times, such as "21:00 to '
      '08:00"')),
    ("channels: [sms]", "channels: [fax]",
     "6:44: policy: quiet_hours: channels is 'fax'; write email, sms, push, chat, callback, webhook"),
    ("channels: [sms]", "channels: [preferred]",
     "6:44: policy: quiet_hours: channels is 'preferred'; write email, sms, push, chat, callback, webhook"),
    ("channels: [sms]", "channels: [sms, sms]",
     "6:43: policy: quiet_hours: channels names sms twice; keep one of them"),
    (", channels: [sms]", "", "6:7: policy: quiet_hours lacks `channels`; add it"),
    ("most: 1,", "most: 0,", "8:14: policy: cap: most is '0'; write a whole number from 1 to 1000"),
    ("within: 30 days}", "within: 91 days}",
     "8:25: policy: cap: within is '91 days'; write a length up to 90 days, such as 2 days"),
    ("within: 30 days}", "within: a month}",
     "8:25: policy: cap: within is 'a month'; write a length up to 90 days, such as 2 days"),
    ("within: 30 days}", "within: 30 days, channel: post}",
     "8:43: policy: cap: channel is 'post'; write email, sms, push, chat, callback, webhook"),
    ("    - {most: 1, within: 30 days}", "    []", "8:5: policy: caps is a list of 0; write a list of 1 to 20"),
    ("within: 30 days}", "per: 30 days}", "8:17: policy: a cap has no `per`; it takes most, within, channel"),
    ("gather: 2 seconds", "gather: 2 hours",
     "9:11: policy: gather is '2 hours'; write a length up to 60 minutes, such as 10 minutes"),
    ("  gather: 2 seconds\n", "", "5:3: policy: it lacks `gather`; add it"),
    ("per_second: 20", "per_second: 0",
     "10:22: policy: mass: per_second is '0'; write a number above 0 and up to 10000, such as 20"),
    ("per_second: 20", "per_second: fast", "10:22: policy: mass: per_second is 'fast'; write a number"),
    ("approval_from: 1000", "approval_from: many",
     "10:41: policy: mass: approval_from is 'many'; write a whole number from 1 to 10000000"),
    ("approval_from: 1000", "threshold: 1000",
     "10:26: policy: mass has no `threshold`; it takes per_second, approval_from"),
    ("  gather:", "  zones: []\n  gather:", "9:10: policy: zones is a list of 0; write a list of 1 to 50"),
    ("  gather:", "  zones: [Europe/Paris, Mars/Base]\n  gather:",
     "9:25: policy: zones has 'Mars/Base'; write time zones such as Europe/Paris"),
    ("[email]", "[email]\n        at_best_hour: noon",
     "26:23: playbook it: step 1: at_best_hour is 'noon'; write true or false"),
    ("  - name: it\n", "  - name: It\n",
     "12:11: name is 'It'; write a name of small letters, digits and _, such as big_spenders"),
    ("    version: 1\n", "    version: 0\n",
     "13:14: playbook it: version is '0'; write a whole number from 1 to 1000000"),
    (", fr: Lui", "", "14:13: playbook it: labels lacks `fr`; add it"),
    ("en: It", "en: ''", "14:18: playbook it: labels: en is ''; write a text of 1 to 60 characters, in quotes"),
    ("fr: Lui", "fr: LLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLL",
     ("14:26: playbook it: labels: fr is 'LLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLL…'; write a text of 1 to "
      "60 characters, in quotes")),
    ("    version: 1\n", "    version: 1\n    color: red\n",
     ("14:5: a playbook has no `color`; it takes name, version, labels, trigger, expires_after, steps, "
      "when, until, purpose, transactional, priority, holdout, goal")),
    ("    expires_after: 2 days\n", "", "12:5: a playbook lacks `expires_after`; add it"),
    (TRIGGER, "    trigger: {entered: lapsed}",
     ("15:15: playbook it: there is no trigger `entered`; there are risk_rises_to, segment_entered, "
      "segment_exited, happened, date, on_request")),
    (TRIGGER, "    trigger: never",
     "15:14: playbook it: trigger is one word and what belongs to it, such as `segment_entered: lapsed`"),
    (TRIGGER, "    trigger: {segment_entered: a, segment_exited: b}",
     "15:14: playbook it: trigger is one word and what belongs to it, such as `segment_entered: lapsed`"),
    (TRIGGER, "    trigger: {segment_entered: [a, b]}",
     ("15:32: playbook it: segment_entered is a list of 2; write a name of small letters, digits and _, "
      "such as big_spenders")),
    (TRIGGER, "    trigger: {risk_rises_to: red}", "15:30: playbook it: risk_rises_to is 'red'; write watch, high"),
    (TRIGGER, "    trigger: {risk_rises_to: low}", "15:30: playbook it: risk_rises_to is 'low'; write watch, high"),
    (TRIGGER, "    trigger: {risk_rises_to: []}",
     "15:30: playbook it: risk_rises_to is a list of 0; write a list of 1 to 2"),
    (TRIGGER, "    trigger: {happened: Order}",
     "15:25: playbook it: happened is 'Order'; write a type of interaction, such as order.placed"),
    (TRIGGER, "    trigger: {happened: [order.placed, order.placed]}",
     "15:25: playbook it: happened names order.placed twice; keep one of them"),
    (TRIGGER,
     f"    trigger: {{happened: [{', '.join(['order.placed'] * 21)}]}}",
     "15:25: playbook it: happened is a list of 21; write a list of 1 to 20"),
    (TRIGGER, "    trigger: {date: {trait: renewal_date}}", "15:21: playbook it: date lacks `ahead`; add it"),
    (TRIGGER, "    trigger: {date: {trait: renewal_date, ahead: 400 days}}",
     "15:50: playbook it: date: ahead is '400 days'; write a length up to 366 days, such as 2 days"),
    (TRIGGER, "    trigger: {date: {trait: '', ahead: 3 days}}",
     "15:29: playbook it: date: trait is ''; write a text of 1 to 128 characters, in quotes"),
    (WHEN, "    when: loyal",
     "16:11: playbook it: a condition is one word and what belongs to it, such as `segment: loyal`"),
    (WHEN, "    when: {segments: loyal}",
     ("16:12: playbook it: there is no condition `segments`; there are all, any, not, segment, band, "
      "trait, open, rating, happened_since, reference, worth")),
    (WHEN, "    when: {segment: Loyal}",
     ("16:21: playbook it: segment is 'Loyal'; write a name of small letters, digits and _, such as "
      "big_spenders")),
    (WHEN, "    when: {band: [high, red]}", "16:25: playbook it: band is 'red'; write low, watch, high"),
    (WHEN, "    when: {all: []}", "16:17: playbook it: all is a list of 0; write a list of 1 to 20"),
    (WHEN, "    when: {not: [{band: high}]}",
     "16:17: playbook it: a condition is one word and what belongs to it, such as `segment: loyal`"),
    (WHEN, "    when: {trait: {name: city}}",
     "16:19: playbook it: trait says nothing; write one of is, in, exists"),
    (WHEN, "    when: {trait: {name: city, is: a, in: [b]}}",
     "16:19: playbook it: trait says is, in; write one of is, in, exists"),
    (WHEN, "    when: {trait: {name: city, exists: maybe}}",
     "16:40: playbook it: trait: exists is 'maybe'; write true or false"),
    (WHEN, "    when: {trait: {name: city, is: null}}",
     "16:36: playbook it: trait: is is 'null'; write a text, a number, true or false"),
    (WHEN, "    when: {open: order}", "16:18: playbook it: open is 'order'; write ticket, complaint"),
    (WHEN, "    when: {rating: {scale: nps}}", "16:20: playbook it: rating lacks `latest`; add it"),
    (WHEN, "    when: {rating: {scale: nps, latest: {}}}",
     "16:41: playbook it: rating: latest has no bound; add at_least or at_most"),
    (WHEN, "    when: {rating: {scale: nps, latest: {at_least: 11}}}",
     "16:52: playbook it: rating: latest: at_least is '11'; write a whole number from 0 to 10"),
    (WHEN, "    when: {rating: {scale: nps, latest: {at_least: 7, at_most: 6}}}",
     "16:41: playbook it: rating: latest is from 7 to 6, which nothing is; correct a bound"),
    (WHEN, "    when: {worth: 500}", "16:19: playbook it: worth is '500'; write at_least below it"),
    (WHEN, "    when: {worth: {at_least: much}}",
     "16:30: playbook it: worth: at_least is 'much'; write an amount, such as 12.50"),
    (WHEN, "    when: {reference: open}", "16:23: playbook it: reference is 'open'; write closed"),
    (WHEN, "    when: {reference: closed}",
     ("16:11: playbook it: when: only an interaction speaks of a ticket, so `reference` needs the trigger "
      "`happened`; write `open: ticket` or `open: complaint`")),
    (UNTIL, "    until: {any: [{band: low}, {not: {reference: closed}}]}",
     ("17:12: playbook it: until: only an interaction speaks of a ticket, so `reference` needs the trigger "
      "`happened`; write `open: ticket` or `open: complaint`")),
    (UNTIL, "    until: {happened_since: []}",
     "17:29: playbook it: happened_since is a list of 0; write a list of 1 to 20"),
    (UNTIL, "    until: {happened_since: order}",
     "17:29: playbook it: happened_since is 'order'; write a type of interaction, such as order.placed"),
    ("    purpose: marketing\n", "",
     "12:5: playbook it: there is no `purpose`; add the one that people consent to, such as marketing"),
    ("    purpose: marketing\n", "    purpose: marketing\n    transactional: true\n",
     ("18:14: playbook it: what is transactional is owed to the customer, and marketing never is; take one "
      "of the two out")),
    ("    purpose: marketing\n", "    purpose: service\n    transactional: true\n",
     ("21:14: playbook it: what is transactional is owed to everybody; take `holdout` or `transactional` "
      "out")),
    ("    purpose: marketing\n", "    purpose: marketing\n    transactional: perhaps\n",
     "19:20: playbook it: transactional is 'perhaps'; write true or false"),
    ("priority: 50", "priority: 101", "19:15: playbook it: priority is '101'; write a whole number from 0 to 100"),
    ("priority: 50", "priority: high",
     "19:15: playbook it: priority is 'high'; write a whole number from 0 to 100"),
    ("holdout: 10 %", "holdout: 60 %",
     "20:14: playbook it: holdout is '60 %'; write a share above 0 and up to 50 %, such as 10 % or 0.1"),
    ("holdout: 10 %", "holdout: 0",
     "20:14: playbook it: holdout is '0'; write a share above 0 and up to 50 %, such as 10 % or 0.1"),
    ("holdout: 10 %", "holdout: a tenth",
     "20:14: playbook it: holdout is 'a tenth'; write a share above 0 and up to 50 %, such as 10 % or 0.1"),
    ("holdout: 10 %", "holdout: 0.51",
     "20:14: playbook it: holdout is '0.51'; write a share above 0 and up to 50 %, such as 10 % or 0.1"),
    ("    goal: {happened: order.placed, within: 60 days}\n", "",
     "20:14: playbook it: a holdout without a goal proves nothing; add a `goal`, or take `holdout` out"),
    ("within: 60 days}", "within: 600 days}",
     "21:44: playbook it: goal: within is '600 days'; write a length up to 366 days, such as 2 days"),
    ("goal: {happened: order.placed, ", "goal: {", "21:11: playbook it: goal lacks `happened`; add it"),
    ("expires_after: 2 days", "expires_after: 1 hour",
     ("22:20: playbook it: the steps wait as long as that or longer, what is gathered included, so the "
      "last would always be stale; let it expire later, or let the steps wait less")),
    ("expires_after: 2 days", "expires_after: soon",
     "22:20: playbook it: expires_after is 'soon'; write a length up to 366 days, such as 2 days"),
    ("expires_after: 2 days", "expires_after: 400 days",
     "22:20: playbook it: expires_after is '400 days'; write a length up to 366 days, such as 2 days"),
    ("expires_after: 2 days", "expires_after: {calendar_days: 3, zone: Europe/Paris}",
     "22:20: playbook it: expires_after is a mapping; write a length up to 366 days, such as 2 days"),
    ("after: 1 hour", "after: 91 days",
     "24:16: playbook it: step 1: after is '91 days'; write a length up to 90 days, such as 2 days"),
    ("after: 1 hour", "after: 0 days",
     "24:16: playbook it: step 1: after is '0 days'; write a length up to 90 days, such as 2 days"),
    ("[email]", "[mail]",
     ("25:20: playbook it: step 1: channels is 'mail'; write email, sms, push, chat, callback, webhook, "
      "preferred")),
    ("[email]", "email", "25:19: playbook it: step 1: channels is 'email'; write a list of 1 to 7"),
    ("[email]", "[email, preferred, email]",
     "25:19: playbook it: step 1: channels names email twice; keep one of them"),
    ("        channels: [email]\n", "", "24:9: playbook it: step 1: a step lacks `channels`; add it"),
    ("        template: check_in\n", "",
     "24:9: playbook it: step 1: a step has either a `template` or `variants`; write one of them"),
    ("template: check_in", "template: chek_in",
     "26:19: playbook it: step 1: there is no template chek_in; there are check_in, welcome"),
    ("template: check_in", "template: check_in\n        variants: [{name: a, share: 100 %, template: check_in}]",
     "24:9: playbook it: step 1: a step has either a `template` or `variants`; write one of them"),
    ("template: check_in",
     "variants: [{name: a, share: 50 %, template: check_in}, {name: b, share: 40 %, template: check_in}]",
     ("26:19: playbook it: step 1: the variants' shares sum to 90.0 %; correct them, so that they sum to "
      "100 %")),
    ("template: check_in",
     "variants: [{name: a, share: 50 %, template: check_in}, {name: a, share: 50 %, template: check_in}]",
     "26:71: playbook it: step 1: there are two variants a; give one another name"),
    ("template: check_in", "variants: [{name: a, share: 150 %, template: check_in}]",
     ("26:37: playbook it: step 1: variant: share is '150 %'; write a share above 0 and up to 100 %, such "
      "as 10 % or 0.1")),
    ("template: check_in", "variants: [{name: a, template: check_in}]",
     "26:20: playbook it: step 1: a variant lacks `share`; add it"),
    ("template: check_in",
     "variants: [1, 2, 3, 4, 5, 6]",
     "26:19: playbook it: step 1: variants is a list of 6; write a list of 1 to 5"),
    ("template: check_in", "variants: [{name: a, share: 100 %, template: other}]",
     "26:54: playbook it: step 1: there is no template other; there are check_in, welcome"),
    ("template: check_in",
     "template: check_in\n        offer: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
     ("27:16: playbook it: step 1: offer is 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…'; write a text of 1 "
      "to 60 characters, in quotes")),
    (STEPS, "    steps: []\n", "23:12: playbook it: steps is a list of 0; write a list of 1 to 5"),
    (STEPS,
     STEPS + 5 * STEP,
     "24:7: playbook it: steps is a list of 6; write a list of 1 to 5"),
    (STEPS,
     STEPS + STEP.replace("1 hour", "47 hours"),
     ("22:20: playbook it: the steps wait as long as that or longer, what is gathered included, so the "
      "last would always be stale; let it expire later, or let the steps wait less")),
    (STEPS, "    steps:\n      - after: 1 hour\n        channels: [email]\n        tempate: check_in\n",
     ("26:9: playbook it: step 1: a step has no `tempate`; it takes channels, after, template, variants, "
      "offer, at_best_hour")),
    (STEPS,
     STEPS + ANOTHER,
     "27:5: there are two playbooks it; give one another name"),
    (FILE, "", "1:1: the file holds 0 documents; it takes exactly one"),
    (FILE, "[]", "1:1: the file is a list of 0; write schema, name, version, policy, playbooks below it"),
    (FILE.split("playbooks:")[1],
     "\n  []\n",
     "12:3: playbooks is a list of 0; write a list of 1 to 100"),
    ("labels: {en: It, fr: Lui}", "labels: &a {en: It, fr: Lui}",
     "14:13: anchors and aliases are not read here; write it out"),
    ("name: it\n", "name: it\n    name: it\n", "13:5: 'name' stands here twice; keep one of them"),
    (FILE.split("policy:\n")[1].split("playbooks:", maxsplit=1)[0],
     "  few\n",
     "5:3: policy: it is 'few'; write caps, gather, mass, quiet_hours, zones below it"),
)  # fmt: skip
