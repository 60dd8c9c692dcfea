/** The paths of the API, every variable encoded: storages read a literal `+` of a path as a space, and %2B is what stands here. */

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

/** The stable link. @param file `{packageId}.{ext}` */
export function filePath(versionId: string, file: string): string {
  return `/packages/${segment(versionId)}/${segment(file)}`;
}

export function channelPath(channel: string): string {
  return `/v1/channels/${segment(channel)}`;
}
