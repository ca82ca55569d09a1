# METADATA
# title: Whose approval an owner's is
# description: |
#   An owner is written as in CODEOWNERS: `@alice`, `@acme/web` or an e-mail address. A login stands for itself, a
#   team and an address for the members that `code_owners.owners` lists. A review that GitHub says was made on behalf
#   of a team is its members' too, which helps where the members cannot be read. GitHub ignores an owner without write
#   access.
# scope: package
package soc2.lib.owner

import rego.v1

import data.soc2.lib.review

_entries[lower(entry.name)] contains entry if some entry in input.object.code_owners.owners

# Whether GitHub ignores an owner.
ignored(name) if {
	some entry in _entries[lower(name)]
	entry.can_write == false
}

# Whether an owner is known to have write access.
writes(name) if {
	some entry in _entries[lower(name)]
	entry.can_write == true
}

# The accounts that an owner stands for. Undefined where they are not known.
accounts(name) := {account} if {
	account := lower(trim_prefix(name, "@"))
	not contains(account, "/")
	not contains(account, "@")
} else := {lower(member) | some entry in entries; some member in entry.members} if {
	entries := _entries[lower(name)]
	every entry in entries { is_array(entry.members) }
}

# Whether an approval is one by an owner.
approved(index, name) if review.approvals[index] in accounts(name)

approved(index, name) if {
	some team in input.object.reviews.items[index].on_behalf_of
	lower(team) == lower(trim_prefix(name, "@"))
}

# Whether an approval is or may be one by an owner.
perhaps_approved(index, name) if approved(index, name)

perhaps_approved(index, name) if {
	review.approvals[index]
	not known(name)
}

# Whether the accounts that an owner stands for are known.
known(name) if accounts(name)
