# METADATA
# title: Bots change only what they are allowed to
# description: |
#   A change that a bot opened comes from a bot on the list, touches only paths that the list grants it (a rename is
#   judged by its old path as well), and holds no commit or push of a bot that is not on the list. It is no approval of
#   such a change when another bot approves it. Changes that people open are not judged here.
# scope: package
# custom:
#   id: CHG-16
#   severity: high
#   inputs:
#     - kind: pull_request
#   frameworks: {soc2: [CC8.1], iso27001: ["8.32", "8.4"]}
#   remediation: >-
#     Let a person open the change, or add the bot and the paths it needs to allowed_bots. Have a person approve it.
#   parameters:
#     allowed_bots:
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
#         The bots that may open changes, by login with or without [bot], and globs of the paths they may touch: * stays
#         within one folder, ** crosses folders, so a file at the root and in folders needs two globs.
package soc2.change.bounded_bots

import rego.v1

import data.soc2.lib.bot
import data.soc2.lib.contributor
import data.soc2.lib.pull_request
import data.soc2.lib.review

_allowed := data.parameters["CHG-16"].allowed_bots

default applicable := false

applicable if pull_request.is_bot(input.object.author)

_listed if _on_the_list(pull_request.author)

deny contains {"message": message, "path": ["author", "login"]} if {
	applicable
	_allowed
	not _listed
	message := sprintf("the bot %q is not allowed to open changes", [input.object.author.login])
}

deny contains {"message": message, "path": touched.place} if {
	_listed
	some touched in bot.outside(_allowed)
	message := sprintf("the bot %q may not change %s", [input.object.author.login, touched.path])
}

# What other bots that are not on the list did.
_strangers contains contribution if {
	applicable
	_allowed
	some contribution in contributor.contributions
	endswith(contribution.account, "[bot]")
	contribution.account != pull_request.author
	not _on_the_list(contribution.account)
}

_on_the_list(account) if bot.listed(_allowed, account)

deny contains {"message": message, "path": stranger.path} if {
	some stranger in _strangers
	stranger.sure
	message := sprintf("the bot %q, which is not allowed, %s", [stranger.login, stranger.deed])
}

unknown contains {"message": message, "path": stranger.path} if {
	some stranger in _strangers
	not stranger.sure
	message := sprintf("whether the bot %q, which is not allowed, changed anything is not known", [stranger.login])
}

deny contains {"message": message, "path": ["reviews", "items", index]} if {
	applicable
	count(review.independent.possible) == 0
	some index, _ in review.approvals
	pull_request.is_bot(input.object.reviews.items[index].author)
	message := sprintf("%s is a bot, and nobody else has approved", [review.reviewer_name(index)])
}

unknown contains gap if {
	applicable
	some section in ["files", "reviews"]
	gap := pull_request.gaps[section]
}

# On whose behalf a bot acts makes no difference here.
unknown contains blind_spot if {
	applicable
	some blind_spot in contributor.blind_spots
	blind_spot.path != ["triggered_by"]
}

unknown contains {"message": "the account that opened the change was deleted", "path": ["author"]} if {
	not pull_request.author
}

unknown contains {"message": "the parameter allowed_bots has no value"} if {
	applicable
	not _allowed
}
