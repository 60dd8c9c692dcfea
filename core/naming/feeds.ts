/** Feeds: the files by which update clients learn what is newest. A channel serves them of its current version alone. */

/**
 * electron-updater (`latest*.yml`, other channels `beta-mac.yml`), Velopack (`releases.*.json`),
 * Squirrel.Windows (`RELEASES`), Tauri (`latest.json`), Sparkle and NetSparkle (`appcast.xml` and
 * its signature), apt flat repositories (`InRelease`, `Release`, `Packages`), Helm (`index.yaml`).
 */
const FEED =
  /^(?:[^/]+\.yml|RELEASES|RELEASES\.json|releases\.[^/]+\.json|assets\.[^/]+\.json|latest\.json|appcast\.(?:xml|json)(?:\.signature)?|InRelease|Release(?:\.gpg)?|Packages(?:\.[a-z0-9]+)?|index\.yaml)$/;

/** Whether a file of this name belongs to the version that a channel points at, and to no earlier one. */
export function isFeed(filename: string): boolean {
  return FEED.test(filename);
}

/** `vpk upload` reads these lists of all that was built; update clients do not. */
const NOT_FOR_CLIENTS = /^assets\.[^/]+\.json$/;
const COMPRESSED = /^Packages\.[a-z0-9]+$/;

/** Whether update clients read names of files in it, as text. */
export function isReadByClients(filename: string): boolean {
  return isFeed(filename) && !NOT_FOR_CLIENTS.test(filename) && !COMPRESSED.test(filename);
}

const TYPES: readonly (readonly [RegExp, string])[] = [
  [/\.ya?ml$/i, 'text/yaml'],
  [/\.json$/i, 'application/json'],
  [/\.xml$/i, 'application/xml'],
  [/^(?:RELEASES|InRelease|Release|Packages|SHA256SUMS)$/, 'text/plain'],
];

/** The media type of a feed, whose publisher named none; undefined for other files. */
export function feedContentType(filename: string): string | undefined {
  return TYPES.find(([pattern]) => pattern.test(filename))?.[1];
}
