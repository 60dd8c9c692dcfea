/** How long and how often clients of DynamoDB try. */

/** With the back-off of the SDK, this waits about 4 s for throttling to end: less than callers wait. */
export const MAX_ATTEMPTS = 5;
/**
 * Most answers take milliseconds, and none exceeds 16 MB. The wait for one of the client's 50 sockets
 * counts, too.
 */
export const TIMEOUT_MS = 5000;
