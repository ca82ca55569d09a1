// Fields of pull requests and of what hangs on them.
import { mergeBase } from "../model/git.mjs";
import { label } from "../model/repository.mjs";
import { requiredReviews } from "./reviews.mjs";
import { ref } from "./git.mjs";
import { queueOf } from "./repository.mjs";
import { rollup } from "./checks.mjs";

const STATUS = { added: "ADDED", removed: "DELETED", modified: "MODIFIED", renamed: "RENAMED", changed: "CHANGED", copied: "COPIED" };

/** Of each reviewer the latest review that says something, by the time it was submitted. */
function latest(pullRequest, states) {
  const reviews = pullRequest.reviewList.filter((review) => review.author && states.includes(review.state));
  const byAuthor = new Map(reviews.map((review) => [review.author, review]));
  return [...byAuthor.values()];
}

/** The name of an event type as the argument `itemTypes` spells it. */
function itemType(name) {
  return name.replace(/([a-z])([A-Z])/g, "$1_$2").toUpperCase();
}

function queueEntry(pullRequest) {
  return queueOf(pullRequest.repository, pullRequest.baseRefName)?.entryList.find((one) => one.pullRequest === pullRequest) ?? null;
}

/** Whom a review was asked of; a secret team only where the token sees it. */
function requested({ requestedReviewer: name }, { actors, token }) {
  const isHidden = name?.includes("/") && actors.team(name).privacy === "SECRET" && !token.seesSecretTeams;
  return isHidden ? null : (name ?? null);
}

const OPINIONS = ["APPROVED", "CHANGES_REQUESTED", "DISMISSED"];

export const pullRequestFields = {
  PullRequest: {
    authorAssociation: "MEMBER",
    activeLockReason: null,
    bodyText: (one) => one.body,
    bodyHTML: (one) => one.body,
    titleHTML: (one) => one.title,
    additions: (one) => one.fileList.reduce((total, file) => total + file.additions, 0),
    deletions: (one) => one.fileList.reduce((total, file) => total + file.deletions, 0),
    changedFiles: (one) => one.changedFiles ?? one.fileList.length,
    closed: (one) => one.state !== "OPEN",
    merged: (one) => one.state === "MERGED",
    isCrossRepository: (one) => one.headRepository !== one.repository,
    headRepositoryOwner: (one) => one.headRepository?.owner ?? null,
    baseRepository: (one) => one.repository,
    baseRef: (one) => ref(one.repository, one.baseRefName),
    headRef: (one) => (one.headRepository ? ref(one.headRepository, one.headRefName) : null),
    potentialMergeCommit: null,
    lastEditedAt: null,
    editor: null,
    includesCreatedEdit: false,
    createdViaEmail: false,
    canBeRebased: true,
    mergeable: "MERGEABLE",
    mergeStateStatus: "CLEAN",
    isInMergeQueue: (one) => queueEntry(one) !== null,
    isMergeQueueEnabled: (one) => queueOf(one.repository, one.baseRefName) !== null,
    mergeQueue: (one) => queueOf(one.repository, one.baseRefName),
    mergeQueueEntry: queueEntry,
    commits: (one) =>
      one.commitList.map((commit) => ({
        __typename: "PullRequestCommit",
        key: `${one.key}/${commit.oid}`,
        commit,
        pullRequest: one,
        repository: one.repository,
      })),
    files: (one) =>
      one.fileList.map((file) => ({
        __typename: "PullRequestChangedFile",
        path: file.path,
        additions: file.additions,
        deletions: file.deletions,
        changeType: STATUS[file.status],
        viewerViewedState: "UNVIEWED",
      })),
    labels: (one) => one.labelNames.map((name) => label(one.repository, name)),
    reviews: (one, { states, author }) =>
      one.reviewList.filter(
        (review) => (!states || states.includes(review.state)) && (!author || review.author?.login === author),
      ),
    latestReviews: (one) => latest(one, [...OPINIONS, "COMMENTED"]),
    latestOpinionatedReviews: (one, { writersOnly }) =>
      latest(one, OPINIONS).filter((review) => !writersOnly || review.authorCanPushToRepository),
    reviewDecision: (one) => one.reviewDecision ?? requiredReviews(one, latest(one, OPINIONS)),
    reviewRequests: (one) =>
      (one.reviewRequests ?? []).map((reviewer, at) => ({
        __typename: "ReviewRequest",
        key: `${one.key}/request/${at}`,
        databaseId: at + 1,
        asCodeOwner: false,
        requestedReviewer: reviewer,
        pullRequest: one,
        repository: one.repository,
      })),
    reviewThreads: (one) => one.threadList,
    statusCheckRollup: (one) => rollup(one.headCommit),
    closingIssuesReferences: (one) =>
      one.issueNumbers.map((number) => ({
        __typename: "Issue",
        key: `${one.repository.key}#${number}`,
        number,
        title: `Issue ${number}`,
        state: "OPEN",
        closed: false,
        author: "octocat",
        ...one.repository.issueList.get(number),
        repository: one.repository,
      })),
    timelineItems: (one, { itemTypes, since }) =>
      one.timelineList.filter(
        (item) =>
          (!itemTypes || itemTypes.includes(itemType(item.__typename))) && (!since || item.createdAt >= since),
      ),
    assignees: () => [],
    participants: (one) => [one.author].filter(Boolean),
    comments: () => [],
    totalCommentsCount: 0,
    mergeBase: (one) => mergeBase(one.headCommit, one.baseCommit),
  },
  PullRequestReview: {
    bodyText: (one) => one.body,
    onBehalfOf: (one, _, { world }) => one.teams.map((name) => world.actors.team(name)),
    comments: () => [],
    createdViaEmail: false,
    includesCreatedEdit: (one) => one.lastEditedAt !== null,
  },
  PullRequestReviewThread: { originalStartLine: null, startDiffSide: null },
  PullRequestReviewComment: { outdated: false, isMinimized: false, lastEditedAt: null, authorAssociation: "MEMBER" },
  PullRequestTimelineItemsConnection: { updatedAt: (connection) => connection.all.at(-1)?.createdAt ?? "2026-11-20T08:00:00Z" },
  ReviewRequestedEvent: { requestedReviewer: (event, _, { world }) => requested(event, world) },
  ReviewDismissedEvent: { dismissalMessage: null, pullRequestCommit: null, review: null },
  BaseRefChangedEvent: { databaseId: 1 },
  HeadRefForcePushedEvent: { ref: null, beforeCommit: null, afterCommit: null },
  BaseRefForcePushedEvent: { ref: null, beforeCommit: null, afterCommit: null },
  AutoMergeEnabledEvent: { enabler: (event) => event.enabler ?? event.actor },
  AutoMergeDisabledEvent: { disabler: (event) => event.disabler ?? event.actor, reason: null, reasonCode: null },
  AddedToMergeQueueEvent: { enqueuer: (event) => event.enqueuer ?? event.actor },
  RemovedFromMergeQueueEvent: { enqueuer: (event) => event.enqueuer ?? event.actor, reason: null, beforeCommit: null },
  MergedEvent: {
    commit: (event) => event.commit ?? event.pullRequest.mergeCommit,
    mergeRefName: (event) => event.mergeRefName ?? event.pullRequest.baseRefName,
    mergeRef: (event) => ref(event.repository, event.pullRequest.baseRefName),
  },
  AutoMergeRequest: { authorEmail: null, commitBody: null, commitHeadline: null, mergeMethod: "MERGE" },
  LabeledEvent: { labelable: (event) => event.pullRequest },
  UnlabeledEvent: { labelable: (event) => event.pullRequest },
  ClosedEvent: { closable: (event) => event.pullRequest, closer: null, stateReason: null },
  ReopenedEvent: { closable: (event) => event.pullRequest, stateReason: null },
  RenamedTitleEvent: { subject: (event) => event.pullRequest },
};
