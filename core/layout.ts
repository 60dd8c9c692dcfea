/**
 * Where things are stored: the names that the running service and its infrastructure must agree on.
 * Imports nothing, so that constructs can share it.
 */

/** The folder, or first segment of the keys, that holds package files and nothing else. */
export const PACKAGES_FOLDER = 'packages';

/** The folder, or first segment of the keys, that holds one statement for each sealed version. */
export const STATEMENTS_FOLDER = 'statements';

/** The folder within a storage path that belongs to the service: catalog, keys, locks, uploads. */
export const OWN_FOLDER = '.stowage';

/** The object through which a new CDN key is tried before it signs links. */
export const CANARY_KEY = 'canary/cdn-key.txt';

/** The first segment of the keys of the console's files. No record owns them. */
export const CONSOLE_FOLDER = 'console';

/** The tag on the object of a yanked package, which the policy of the bucket refuses to read. */
export const YANK_TAG = { key: 'stowage-yanked', value: 'true' } as const;

/** The one DynamoDB table; docs/dynamodb.md has its access patterns and their cost. */
export const TABLE = {
  /** Partition keys. The packages of a version share one, which begins with `packages`. */
  partition: {
    packages: 'P#',
    names: 'N#',
    /** Which packages have a digest: one partition for each digest. */
    digests: 'D#',
    versions: 'V',
    channels: 'C',
    tokens: 'T',
    /** Which tokenIds were made, so that invented ones are refused early: storage/dynamo/token-ids.ts. */
    tokenIds: 'I',
    links: 'L',
    trust: 'R',
    checks: 'K',
    /** Tokens of other issuers that were exchanged: none is taken twice. */
    used: 'U',
    /** The events of the audit, and the digests of their days. */
    audit: 'A',
    auditDays: 'D',
  },
  key: { partition: 'pk', sort: 'sk' },
  index: {
    /** Versions by time: one partition, since a version is written once and small. */
    newestVersions: { name: 'newest-versions', partition: 'pk', sort: 'newest' },
    /** What the sweep must look at, by `touchedAt`; sparse: no other item has `sweep`. */
    unfinished: { name: 'unfinished', partition: 'sweep', sort: 'touchedAt' },
  },
  /** Seconds since 1970 after which DynamoDB removes an item; only tokens, links, used tokens of other issuers and events of the audit have it. */
  expiryAttribute: 'expiresAtSeconds',
} as const;

/** The events that other systems can listen to: core/reading/announcements.ts, docs/events.md. */
export const EVENTS = {
  source: 'stowage',
  type: {
    packageAvailable: 'Package Available',
    packageYanked: 'Package Yanked',
    packageRestored: 'Package Restored',
    packageDeleted: 'Package Deleted',
    channelMoved: 'Channel Moved',
  },
} as const;
