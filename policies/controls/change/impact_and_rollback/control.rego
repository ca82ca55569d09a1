# METADATA
# title: The description says what a change affects and how it is undone
# description: |
#   The description has a section under each required heading, and each says something: more than comments, empty list
#   items, words such as TBD, and what the template of the base branch has there. Headings are those of Markdown (`##
#   Impact`), in any level and case; a section reaches to the next heading of the same or a higher level.
# scope: package
# custom:
#   id: CHG-09
#   severity: low
#   inputs:
#     - kind: pull_request
#   frameworks: {soc2: [CC8.1, CC3.4], iso27001: ["8.32"]}
#   remediation: >-
#     Write under the heading who or what the change affects, and how it is undone if it goes wrong.
#   parameters:
#     headings:
#       type: array
#       minItems: 1
#       items: {type: string, minLength: 1}
#       default: [Impact, Rollback]
#       description: The headings that the description must have, without # and in any case.
#     unattended_bots:
#       type: array
#       items:
#         type: object
#         required: [login, paths]
#         additionalProperties: false
#         properties:
#           login: {type: string, minLength: 1}
#           paths: {type: array, minItems: 1, items: {type: string, minLength: 1}}
#       default: []
#       description: >-
#         Bots whose changes need no such text, with globs of the only paths those changes may touch, as for CHG-01.
package soc2.change.impact_and_rollback

import rego.v1

import data.soc2.lib.bot
import data.soc2.lib.description
import data.soc2.lib.pull_request

_parameters := data.parameters["CHG-09"]

default applicable := false

applicable if not _unattended

_unattended if bot.unattended(_parameters.unattended_bots)

# Heading -> the texts under it.
_written[section.name] contains section.text if some section in description.sections(description.visible)

_template[section.name] contains _words(section.text) if {
	some section in description.sections(description.without_comments(input.object.template.text))
}

_required := {lower(trim_space(heading)): heading | some heading in _parameters.headings}

# What is left of a text without the marks of empty items and without layout.
_words(text) := concat(" ", [word |
	some word in regex.split(`[\s\x60*_>|:.-]+`, lower(text))
	not word in ["", "tbd", "todo", "xxx", "[", "]", "[]"]
])

# The required headings under which something is written that is not the template's.
_filled contains name if {
	some name, _ in _required
	some text in _written[name]
	words := _words(text)
	words != ""
	not words in object.get(_template, name, set())
}

_read if is_string(object.get(input.object, "body", null))

deny contains {"message": message, "path": ["body"]} if {
	applicable
	_read
	some name, heading in _required
	not name in _filled
	message := sprintf("%q %s", [heading, _shortfall(name)])
}

_shortfall(name) := "is left as the template has it" if {
	some text in _written[name]
	_words(text) != ""
} else := "has no text" if {
	_written[name]
} else := "is no heading of the description"

unknown contains {"message": "the description was not read"} if {
	applicable
	not _read
}

# Without the template it cannot be told from what someone wrote.
unknown contains {"message": message, "path": ["template"]} if {
	applicable
	count(_filled) > 0
	object.get(input.object, "template", "absent") == "absent"
	message := pull_request.absence("template", "template of the description")
}

unknown contains {"message": "the parameter headings has no value"} if not _parameters.headings
