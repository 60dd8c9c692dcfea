/**
 * The paths of the API, with every variable encoded. A `+` becomes %2B, because storages read a
 * literal `+` in a path as a space.
 */

export const segment = encodeURIComponent;

export function versionPath(versionId: string): string {
  return `/v1/versions/${segment(versionId)}`;
}

export function packagesPath(versionId: string): string {
  return `${versionPath(versionId)}/packages`;
}

export function packagePath(versionId: string, packageId: string): string {
  return `${packagesPath(versionId)}/${segment(packageId)}`;
}

/** The stable link. @param file its filename or its alias */
export function filePath(versionId: string, file: string): string {
  return `/packages/${segment(versionId)}/${segment(file)}`;
}

/** A file of a version that a channel points at, or pointed at. @param file its filename or its alias */
export function channelFilePath(channel: string, file: string): string {
  return `/channels/${segment(channel)}/${segment(file)}`;
}

export function channelPath(channel: string): string {
  return `/v1/channels/${segment(channel)}`;
}

export function rolloutPath(channel: string): string {
  return `${channelPath(channel)}/rollout`;
}
