// What GitHub itself says of the reviews of a pull request.
import { protectionOf, rulesOf } from "../model/rules.mjs";

/** The review decision: null where the base branch demands no review. */
export function requiredReviews(pullRequest, opinions) {
  const { repository, baseRefName } = pullRequest;
  const protection = protectionOf(repository, baseRefName);
  const rules = rulesOf(repository, baseRefName).filter((rule) => rule.type === "PULL_REQUEST");
  const counts = [
    protection?.requiresApprovingReviews ? (protection.requiredApprovingReviewCount ?? 1) : 0,
    ...rules.map((rule) => rule.parameters.requiredApprovingReviewCount),
  ];
  const wanted = Math.max(...counts);
  if (wanted === 0) return null;
  const states = opinions.filter((review) => review.authorCanPushToRepository).map((review) => review.state);
  if (states.includes("CHANGES_REQUESTED")) return "CHANGES_REQUESTED";
  return states.filter((state) => state === "APPROVED").length >= wanted ? "APPROVED" : "REVIEW_REQUIRED";
}
