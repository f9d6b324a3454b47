#include <CLI/CLI.hpp>
#include <algorithm>

#include "controller/app/cli/key_file.h"
#include "controller/app/cli/keyset_proposal.h"
#include "controller/app/cli/verbs.h"
#include "controller/app/clocks.h"

/// Verbs that prepare the next keyset. None of them needs a private key: what they write is signed
/// by the holders of root keys.
namespace flotilla::controller::app {

namespace {

struct Change {
  std::string from;  ///< signed keyset or proposal
  std::string out;
  std::vector<std::string> roles;
  std::vector<std::string> scopes;
  std::string key;  ///< file
  std::string id;
  int count = 0;
  int threshold = 0;
};

using Edit = std::function<std::string(const Change&, KeysetProposal&)>;

std::string joined_scopes(const std::vector<std::string>& scopes) {
  std::string out;
  for (const std::string& scope : scopes) out += (out.empty() ? "" : " ") + scope;
  return out;
}

KeysetProposal::Key* find_key(KeysetProposal& proposal, const std::string& id) {
  for (KeysetProposal::Key& key : proposal.keys) {
    if (key_id_text(key.public_key) == id) return &key;
  }
  return nullptr;
}

std::string no_key(const Change& change) {
  return "the keyset has no key " + change.id + "; keys: flotilla key show " + change.from;
}

std::string add_key(const Change& change, KeysetProposal& proposal) {
  const auto key = load_public_key(change.key);
  if (!key.ok()) return "cannot use " + change.key + ": " + key.status().reason();
  const std::string id = key_id_text(key.value());
  if (find_key(proposal, id) != nullptr) return "key " + id + " is in the keyset already";
  KeysetProposal::Key fresh;
  fresh.public_key = key.value();
  for (const std::string& role : change.roles) {
    fresh.roles = static_cast<uint8_t>(fresh.roles | parse_key_role(role));
  }
  fresh.scopes = joined_scopes(change.scopes);
  proposal.keys.push_back(fresh);
  return "";
}

std::string remove_key(const Change& change, KeysetProposal& proposal) {
  const KeysetProposal::Key* key = find_key(proposal, change.id);
  if (key == nullptr) return no_key(change);
  proposal.keys.erase(proposal.keys.begin() + (key - proposal.keys.data()));
  return "";
}

std::string delegate(const Change& change, KeysetProposal& proposal) {
  KeysetProposal::Key* key = find_key(proposal, change.id);
  if (key == nullptr) return no_key(change);
  if ((key->roles & (kRoleRelease | kRoleApprover)) == 0) {
    return "key " + change.id + " neither releases nor approves; it has nothing to delegate";
  }
  key->scopes = joined_scopes(change.scopes);
  return "";
}

std::string ask_approvals(const Change& change, KeysetProposal& proposal) {
  const std::string scope = change.scopes.front();
  std::erase_if(proposal.rules,
                [&](const KeysetProposal::Rule& rule) { return rule.scope == scope; });
  if (change.count > 0) proposal.rules.push_back({scope, static_cast<uint8_t>(change.count)});
  return "";
}

std::string set_threshold(const Change& change, KeysetProposal& proposal) {
  proposal.root_threshold = static_cast<uint8_t>(change.threshold);
  return "";
}

/// Loads, edits, checks that it is a keyset still, and writes the proposal without signatures.
void propose(Session& session, const Change& change, const Edit& edit) {
  auto proposal = load_proposal(change.from, wall_now());
  if (!proposal.ok()) {
    return session.fail(kExitRefused, change.from + ": " + proposal.status().reason(),
                        "name keyset.bin, or a proposal made from it");
  }
  KeysetProposal& next = proposal.value();
  const std::string fault = edit(change, next);
  if (!fault.empty()) return session.fail(kExitRefused, fault, "nothing was written");
  const size_t signatures = next.signatures.size();
  next.signatures.clear();
  const Status valid = check_proposal(next);
  if (!valid.ok()) {
    return session.fail(kExitRefused, std::string("devices would refuse it: ") + valid.reason(),
                        "nothing was written");
  }
  if (!session.written(change.out, save_proposal(change.out, next))) return;
  if (session.print_json(proposal_json(next))) return;
  std::printf("%s: proposal of epoch %u with %zu keys\n", change.out.c_str(), next.epoch,
              next.keys.size());
  if (signatures != 0)
    std::printf("it was signed %zu times before, and must be again\n", signatures);
  std::printf("next: flotilla key sign-keyset %s --key ROOT.key\n", change.out.c_str());
}

struct Verb {
  CLI::App* app;
  std::shared_ptr<Change> change;
};

Verb add_verb(CLI::App& noun, Session& session, const char* name, const char* help, Edit edit) {
  Verb verb{noun.add_subcommand(name, help), std::make_shared<Change>()};
  verb.app->add_option("KEYSET", verb.change->from, "Signed keyset, or a proposal")->required();
  verb.app->add_option("--out", verb.change->out, "File for the proposal")->required();
  verb.app->callback([&session, change = verb.change, edit = std::move(edit)] {
    propose(session, *change, edit);
  });
  return verb;
}

void add_scope_option(const Verb& verb, bool required) {
  verb.app
      ->add_option("--scope", verb.change->scopes,
                   "MODEL/CLASS, each a name or a beginning and '*'; may be repeated")
      ->required(required);
}

void add_id_option(const Verb& verb) {
  verb.app->add_option("--id", verb.change->id, "Key id, 16 digits")->required();
}

}  // namespace

void add_keyset_change_verbs(CLI::App& noun, Session& session) {
  const Verb add = add_verb(noun, session, "add", "Propose a keyset with one more key", add_key);
  add.app->add_option("--key", add.change->key, "Its .pub file")->required();
  add.app->add_option("--role", add.change->roles, "May be repeated")
      ->required()
      ->check(CLI::IsMember({"root", "release", "director", "approver"}));
  add_scope_option(add, false);

  const Verb remove = add_verb(noun, session, "remove", "Propose one without a key", remove_key);
  add_id_option(remove);

  const Verb scope = add_verb(noun, session, "delegate",
                              "Propose what a release or approver key may sign for", delegate);
  add_id_option(scope);
  add_scope_option(scope, true);

  const Verb rule = add_verb(noun, session, "approvals",
                             "Propose how many approvers must sign a release", ask_approvals);
  add_scope_option(rule, true);
  rule.app->add_option("--count", rule.change->count, "0 to 4; 0 takes the rule away")
      ->required()
      ->check(CLI::Range(0, static_cast<int>(kMaxApprovals)));

  const Verb roots = add_verb(noun, session, "threshold",
                              "Propose how many root keys must sign a keyset", set_threshold);
  roots.app->add_option("--roots", roots.change->threshold, "Signatures of root keys")
      ->required()
      ->check(CLI::Range(1, static_cast<int>(kMaxSignatures)));
}

}  // namespace flotilla::controller::app
