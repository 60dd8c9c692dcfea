/** Every alarm: what it means and what to do, as the message says it. Each has a section of the same name in docs/runbook.md. */

export interface AlarmText {
  /** Heading of the section in docs/runbook.md. */
  readonly title: string;
  /** What to do, in a sentence. */
  readonly advice: string;
}

export const ALARMS = {
  ApiFaults: {
    title: 'The API answers 5xx',
    advice:
      'Look for the request ids of the failed answers in the log of the function that gave them.',
  },
  ApiFaultShare: {
    title: 'A large share of the API answers is 5xx',
    advice:
      'Read the log of the function that fails: at little traffic a few failures are all there is.',
  },
  ApiLatency: {
    title: 'The API is slow',
    advice: 'Compare cold starts, DynamoDB latency and Secrets Manager before the function itself.',
  },
  ApiThrottles: {
    title: 'The API refuses requests with 429',
    advice:
      'Find out who asks so often in the access log; raise the throttles of the stage where the traffic is wanted.',
  },
  CdnFaults: {
    title: 'The CDN answers 5xx',
    advice:
      'Check the bucket in its region; a replica answers reads meanwhile, where the stage has one.',
  },
  CertificateExpires: {
    title: 'A certificate expires',
    advice:
      'Find out why it was not renewed: its record in DNS is gone, or it was imported and must be imported again.',
  },
  ReplicationFailed: {
    title: 'Packages are not copied to the replica',
    advice: 'Read why S3 failed, mend it, then have the failed objects copied once more.',
  },
  FunctionThrottles: {
    title: 'Functions are throttled',
    advice:
      'Raise the concurrency quota of the account, or the reserved concurrency of the function in lib/stages.ts.',
  },
  UpkeepThrottles: {
    title: 'Functions in the background are throttled',
    advice:
      'Raise the concurrency quota of the account, or the reserved concurrency of the function in lib/stages.ts.',
  },
  TableThrottles: {
    title: 'The table is throttled',
    advice:
      'Find the hot partition with CloudWatch Contributor Insights; a single popular version is the usual one.',
  },
  TokensRefused: {
    title: 'Many tokens are refused',
    advice:
      'Find the addresses in the access log of the API: a pipeline with an expired token, or someone who guesses.',
  },
  DeadLetters: {
    title: 'Dead letters have arrived',
    advice: 'Read the letters, mend what they name, then send them again.',
  },
  SweepNotRun: {
    title: 'The sweep has not run',
    advice:
      'Run it by hand and read its log: nothing is lost meanwhile, but nothing is cleaned up either.',
  },
  VerificationBacklog: {
    title: 'Verification lags behind',
    advice:
      'Check whether verifications fail or are only many; packages stay in the state verifying until it catches up.',
  },
  KeyRotationFailed: {
    title: 'The rotation of the CDN keys fails',
    advice: 'Read the log of the rotation: links go on working with the keys that are there.',
  },
  KeyStepOverdue: {
    title: 'A step of the CDN keys is overdue',
    advice:
      'Run stowage cdn-keys show, then stowage cdn-keys rotate, and read what it says of the step.',
  },
} as const satisfies Record<string, AlarmText>;

export type AlarmId = keyof typeof ALARMS;

/** Where the section is. @param runbookUrl of docs/runbook.md, as people reach it */
export function sectionUrl(title: string, runbookUrl: string): string {
  // As GitHub and most others make anchors of headings.
  const anchor = title
    .toLowerCase()
    .replace(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-');
  return `${runbookUrl}#${anchor}`;
}
