// Every operation that the server knows is in GitHub's description, and its answer is what that describes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ordinary, withServer } from "./client.mjs";

const REPO = "/repos/acme/shop";
const RICH = ordinary(
  { labels: ["urgent"], threads: [{}], statuses: [{ context: "preview" }] },
  {
    repository: {
      collaborators: { alice: "WRITE", bob: "WRITE", guest: "READ" },
      commits: [{ id: "base", author: "dependabot[bot]", files: { CODEOWNERS: "* @acme/web\n", "src/a.txt": "a\n", link: { symlink: "src/a.txt" } } }],
      protection: [
        {
          pattern: "main",
          requiresApprovingReviews: true,
          requiresStatusChecks: true,
          requiredStatusChecks: [{ context: "build", app: "github-actions" }],
          bypassPullRequestAllowances: [{ actor: "alice" }, { actor: "acme/web" }],
        },
      ],
      rulesets: [
        {
          bypassActors: [{ actor: "acme/web" }, { organizationAdmin: true }],
          rules: [
            { type: "PULL_REQUEST", parameters: { requiredApprovingReviewCount: 2 } },
            { type: "REQUIRED_STATUS_CHECKS", parameters: { requiredStatusChecks: [{ context: "test", integrationId: 15368 }] } },
            { type: "NON_FAST_FORWARD" },
          ],
        },
      ],
      ruleSuites: [{ actor_name: "alice", before_sha: "base", after_sha: "base", ref: "refs/heads/main", result: "bypass" }],
      environments: [{ name: "production", reviewers: ["bob", "acme/web"], preventSelfReview: true, waitTimer: 5, branchPolicy: { protected_branches: true, custom_branch_policies: false } }, { name: "staging", branches: ["main"] }],
      deployKeys: [{ title: "mirror" }],
      immutableReleases: true,
      automatedSecurityFixes: {},
      codeScanning: { analyses: [{ created_at: "2026-11-20T18:00:00Z" }] },
      codeowners: { errors: [{ line: 1, column: 3, kind: "Unknown owner", message: "Unknown owner on line 1", source: "* @acme/web", path: "CODEOWNERS" }] },
      dependencyChanges: [{ change_type: "added", name: "express", version: "4.21.2" }],
    },
  },
);

test("every operation answers what GitHub describes", async () => {
  await withServer(RICH, async ({ ask, world }) => {
    const { headRefOid, baseRefOid } = world.repository("acme", "shop").pullRequests[0];
    const set = world.repository("acme", "shop").rulesetList[0].databaseId;
    const { git, branches } = world.repository("acme", "shop");
    const blob = git.entry(branches.get("main").treeOid, "CODEOWNERS").oid;
    const paths = [
      REPO,
      ...["", "/files", "/commits", "/reviews"].map((part) => `${REPO}/pulls/42${part}`),
      `${REPO}/activity?ref=refs/heads/change-42&time_period=month&per_page=100`,
      `${REPO}/branches/main`,
      `${REPO}/branches/main/protection`,
      `${REPO}/rules/branches/main?per_page=100`,
      `${REPO}/rulesets?includes_parents=true`,
      `${REPO}/rulesets/${set}`,
      `${REPO}/rulesets/rule-suites?ref=main&time_period=month&rule_suite_result=bypass`,
      `${REPO}/codeowners/errors?ref=main`,
      `${REPO}/contents/CODEOWNERS?ref=${headRefOid}`,
      `${REPO}/contents/src`,
      `${REPO}/contents/link`,
      `${REPO}/git/trees/${headRefOid}?recursive=1`,
      `${REPO}/git/blobs/${blob}`,
      `${REPO}/dependency-graph/compare/${baseRefOid}...${headRefOid}`,
      `${REPO}/commits/${headRefOid}/pulls`,
      `${REPO}/commits/main`,
      `${REPO}/commits/${headRefOid}/check-runs`,
      `${REPO}/compare/${baseRefOid}...${headRefOid}`,
      `${REPO}/environments`,
      `${REPO}/environments/staging/deployment-branch-policies`,
      `${REPO}/rulesets/rule-suites/1`,
      `${REPO}/immutable-releases`,
      `${REPO}/automated-security-fixes`,
      `${REPO}/code-scanning/default-setup`,
      `${REPO}/code-scanning/analyses?ref=refs/heads/main&per_page=1`,
      `${REPO}/keys`,
      `${REPO}/actions/permissions/selected-actions`,
      `${REPO}/actions/permissions`,
      `${REPO}/actions/permissions/workflow`,
      `${REPO}/collaborators?affiliation=outside`,
      `${REPO}/collaborators/alice/permission`,
      `${REPO}/issues/42/comments`,
      "/orgs/acme",
      "/orgs/acme/members?filter=2fa_disabled",
      "/orgs/acme/members?role=admin",
      "/orgs/acme/members?filter=2fa_insecure",
      "/orgs/acme/outside_collaborators",
      "/orgs/acme/repos?type=all",
      "/orgs/acme/invitations",
      "/orgs/acme/installations",
      "/orgs/acme/actions/permissions",
      "/orgs/acme/actions/permissions/selected-actions",
      "/orgs/acme/actions/permissions/workflow",
      `/api/v3${REPO}`,
    ];
    for (const path of paths) {
      const answer = await ask(path);
      assert.equal(answer.status, 200, `${path}: ${answer.text}`);
    }
    assert.equal((await ask(`${REPO}/vulnerability-alerts`)).status, 204);
  });
});

test("comments and check runs are kept", async () => {
  await withServer(RICH, async ({ ask, post, patch, world }) => {
    const comment = await post(`${REPO}/issues/42/comments`, { body: "judged" });
    assert.equal(comment.status, 201, comment.text);
    assert.equal(comment.json.user.login, "soc2gate[bot]");
    assert.equal((await patch(`${REPO}/issues/comments/${comment.json.id}`, { body: "judged again" })).status, 200);
    assert.deepEqual((await ask(`${REPO}/issues/42/comments`)).json.map((one) => one.body), ["judged again"]);
    const head = world.repository("acme", "shop").pullRequests[0].headRefOid;
    const run = await post(`${REPO}/check-runs`, { name: "soc2gate", head_sha: head, status: "in_progress" });
    assert.equal(run.status, 201, run.text);
    const done = await patch(`${REPO}/check-runs/${run.json.id}`, { conclusion: "success", output: { title: "t", summary: "s" } });
    assert.equal(done.json.status, "completed", done.text);
    const runs = (await ask(`${REPO}/commits/${head}/check-runs?check_name=soc2gate`)).json.check_runs;
    assert.deepEqual(runs.map((one) => one.conclusion), ["success"]);
    const written = (await ask("/_written")).json.map((one) => one.type);
    assert.deepEqual(written, ["comment", "comment_update", "check_run", "check_run_update"]);
  });
});

test("what GitHub does not have is refused", async () => {
  await withServer(RICH, async ({ ask, post }) => {
    for (const path of ["/repos/acme/shop/pulls/42/filez", `${REPO}/pulls/42/files?pages=2`, `${REPO}/activity?time_period=fortnight`]) {
      assert.equal((await ask(path)).status, 599, path);
    }
    assert.equal((await post(`${REPO}/issues/42/comments`, { text: "x" })).status, 599);
    assert.equal((await post(`${REPO}/issues/42/comments`, { body: "x", markdown: true })).status, 599);
    const wrong = (await ask("/_requests")).json.filter((one) => one.status === 599);
    assert.equal(wrong.length, 5);
    assert.match(wrong[0].error, /no get .*filez|no GET .*filez/);
  });
});
