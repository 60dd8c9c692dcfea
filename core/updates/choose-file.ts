/** Chooses the file that an installation downloads, among those of a version. */
import { ServiceError } from '../errors.ts';
import { publicNameOf } from '../naming/filenames.ts';
import { ARCH, OS, parseArch, parseOs } from '../platforms.ts';
import { closestTo, severalFit } from '../reading/for-platform.ts';
import { platformOf } from '../reading/for-visitor.ts';
import type { PackageRecord } from '../records.ts';

export interface TauriWish {
  /** `linux`, `darwin`, `windows`. */
  readonly target: string;
  readonly arch: string;
  /** How the app was installed: `appimage`, `deb`, `rpm`, `app`, `msi`, `nsis`. */
  readonly bundleType?: string | undefined;
}

type Choice = (records: readonly PackageRecord[]) => PackageRecord | undefined;

/** What Tauri calls a bundle, where filenames do not say it so. */
const BUNDLES: Readonly<Record<string, readonly string[]>> = { nsis: ['nsis', 'exe'] };

/**
 * For Tauri: the signed file for a platform, of the kind that was installed, or of no named kind.
 * @returns a function that throws NOT_FOUND where no file for the platform is signed, CONFLICT where
 *   several are
 * @throws INVALID_INPUT
 */
export function forTauri({ target, arch, bundleType }: TauriWish): Choice {
  const platform = requirePlatform(target, arch);
  const isAny = bundleType === undefined || bundleType === 'unknown';
  const bundles = isAny ? [] : (BUNDLES[bundleType] ?? [bundleType]);
  return (records) => {
    const placed = placedByName(records);
    const fitting = closestTo(placed, platform);
    const signed = closestTo(
      placed.filter((record) => signatureOf(records, record) !== undefined),
      platform,
    );
    if (signed.length === 0 && fitting[0] !== undefined) throw unsigned(fitting[0]);
    const ofKind = isAny ? signed : signed.filter(({ bundle = '' }) => bundles.includes(bundle));
    const found = ofKind.length > 0 ? ofKind : signed.filter((one) => one.bundle === undefined);
    return onlyOne(`${target}/${arch}`, found, '?bundle_type=');
  };
}

/**
 * For Squirrel.Mac: the ZIP file for macOS.
 * @returns a function that throws CONFLICT where several are
 * @throws INVALID_INPUT
 */
export function forSquirrelMac(arch: string): Choice {
  const platform = requirePlatform('macos', arch);
  return (records) => {
    const zips = closestTo(placedByName(records), { ...platform, ext: 'zip' });
    return onlyOne(`macos/${arch}`, zips, 'names: publish one ZIP file for each arch');
  };
}

/** The file with the signature of another: `App.AppImage.sig`. */
export function signatureOf(
  records: readonly PackageRecord[],
  record: PackageRecord,
): PackageRecord | undefined {
  const name = publicNameOf(record);
  return records.find((one) => [`${name}.sig`, `${name}.minisig`].includes(publicNameOf(one)));
}

function requirePlatform(os: string, arch: string): { readonly os: string; readonly arch: string } {
  const isKnown = parseOs(os) !== undefined && parseArch(arch) !== undefined;
  if (isKnown) return { os, arch };
  throw new ServiceError(
    'INVALID_INPUT',
    `there is no platform ${JSON.stringify(`${os}/${arch}`.slice(0, 80))}: os must be one of ${OS.join(', ')} or darwin, arch one of ${ARCH.join(', ')}, x86_64, aarch64, i686`,
  );
}

/** Where a publisher named no platform, the filename does. */
function placedByName(records: readonly PackageRecord[]): readonly PackageRecord[] {
  return records.map((record) => ({ ...record, ...platformOf(record) }));
}

function onlyOne(
  what: string,
  [only, ...others]: readonly PackageRecord[],
  choice: string,
): PackageRecord | undefined {
  if (only === undefined || others.length === 0) return only;
  throw severalFit(what, [only, ...others], choice);
}

function unsigned(record: PackageRecord): ServiceError {
  const name = publicNameOf(record);
  return new ServiceError(
    'NOT_FOUND',
    `${name} of version ${record.versionId} has no signature: publish ${name}.sig beside it`,
  );
}
