// Time in a world: fixed, so that every run gives the same answers.

export const NOW = "2026-11-23T09:00:00Z";
export const START = "2026-11-20T08:00:00Z";

/** A time some minutes after another. */
export function after(time, minutes) {
  return new Date(Date.parse(time) + minutes * 60_000).toISOString().replace(".000Z", "Z");
}
