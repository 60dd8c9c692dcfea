/** Appcasts: the feeds of Sparkle, WinSparkle and NetSparkle. */
import type { ChannelPolicy, CheckResult } from '../../checked.ts';
import { shorten } from '../../errors.ts';
import { fromBase64 } from '../files/base64.ts';
import { NamedFiles } from '../files/named-files.ts';
import { counted, Findings } from '../files/results.ts';
import type { VersionFile, VersionFiles } from '../files/version-files.ts';
import { readParsed } from '../parsing/text.ts';
import { childrenOf, parseXml, type XmlElement } from '../parsing/xml-text.ts';
import { parseEd25519Key } from '../signatures/ed25519.ts';
import { verifyEd25519 } from '../signatures/signed-bytes.ts';
import { compareVersions, newestOf } from './version-order.ts';

const SPARKLE = 'http://www.andymatuschak.org/xml-namespaces/sparkle';

interface Context {
  readonly files: VersionFiles;
  readonly named: NamedFiles;
  readonly findings: Findings;
  readonly key: Buffer | undefined;
}

export async function checkAppcast(
  files: VersionFiles,
  file: VersionFile,
  policy: ChannelPolicy,
): Promise<readonly CheckResult[]> {
  const findings = new Findings('appcast', file.filename);
  const root = await readParsed(files, file, findings, parseXml);
  if (root === undefined) return findings.results('');
  const items = childrenOf(root, 'channel').flatMap((channel) => childrenOf(channel, 'item'));
  if (root.name !== 'rss' || items.length === 0)
    findings.fail(
      root.line,
      `is <${root.name}> with ${items.length} items; expected <rss> with a <channel> of items`,
    );
  const key = policy.ed25519 === undefined ? undefined : parseEd25519Key(policy.ed25519);
  const context = { files, named: new NamedFiles(files, findings), findings, key };
  for (const rivals of Map.groupBy(items, audience).values()) {
    const newest = newestOf(rivals.map(versionOf));
    for (const item of rivals)
      await checkItem(context, item, compareVersions(versionOf(item), newest) < 0);
  }
  await checkFeedSignature(context, file);
  if (key === undefined)
    findings.skip(
      undefined,
      'signatures were not verified: set ed25519 in the policy of the channel to the public key of the app (SUPublicEDKey)',
    );
  return findings.results(
    `${counted(context.named.count, 'file is', 'files are')} as the feed says`,
  );
}

/** `sparkle:version`, which Sparkle compares: an element, or an attribute of the enclosure. */
function versionOf(item: XmlElement): string {
  const [element] = childrenOf(item, 'version', SPARKLE);
  const [enclosure] = childrenOf(item, 'enclosure');
  return element?.text.trim() ?? enclosure?.attributes.get(`{${SPARKLE}}version`) ?? '';
}

/** Items for different audiences are not older or newer than each other. */
function audience(item: XmlElement): string {
  const [channel] = childrenOf(item, 'channel', SPARKLE);
  const [enclosure] = childrenOf(item, 'enclosure');
  return `${channel?.text.trim() ?? ''} ${enclosure?.attributes.get(`{${SPARKLE}}os`) ?? ''}`;
}

async function checkItem(context: Context, item: XmlElement, isOlder: boolean): Promise<void> {
  const { findings } = context;
  const enclosures = childrenOf(item, 'enclosure');
  if (versionOf(item) === '')
    findings.fail(
      item.line,
      'has no sparkle:version, by which clients compare; add it to the item',
    );
  if (enclosures.length === 0 && childrenOf(item, 'link').length === 0)
    findings.fail(item.line, 'has no enclosure, so there is nothing to download');
  const deltas = childrenOf(item, 'deltas', SPARKLE).flatMap((one) => childrenOf(one, 'enclosure'));
  for (const delta of deltas)
    if (!delta.attributes.has(`{${SPARKLE}}deltaFrom`))
      findings.fail(delta.line, 'is a delta without sparkle:deltaFrom');
  for (const enclosure of [...enclosures, ...deltas])
    await checkEnclosure(context, enclosure, isOlder);
}

async function checkEnclosure(
  { files, named, findings, key }: Context,
  { attributes, line }: XmlElement,
  isOlder: boolean,
): Promise<void> {
  const url = attributes.get('url') ?? '';
  if (url === '') {
    findings.fail(line, 'is an enclosure without url');
    return;
  }
  const written =
    attributes.get(`{${SPARKLE}}edSignature`) ?? attributes.get(`{${SPARKLE}}signature`);
  const signature = written === undefined ? undefined : fromBase64(written.trim());
  if (written !== undefined && signature?.length !== 64)
    findings.fail(
      line,
      `the signature of ${shorten(url)} is ${shorten(written)}; expected 64 bytes in base64, as sign_update prints them`,
    );
  const length = attributes.get('length');
  if (length !== undefined && !/^\d+$/.test(length))
    findings.fail(line, `has the length ${shorten(length)}; expected a number of bytes`);
  const file = await named.find({ name: url, line, isOlder });
  if (file === undefined) return;
  // NetSparkle writes 0 where it does not know the length.
  if (length !== undefined && /^\d+$/.test(length) && length !== '0')
    await named.compare(file, line, { size: Number(length) });
  if (key === undefined) return;
  if (written === undefined)
    findings.fail(line, `has no sparkle:edSignature of ${file.filename}; sign it with sign_update`);
  else if (signature?.length === 64)
    await verifyEd25519(files, file, findings, line, key, signature);
}

/** NetSparkle signs the feed itself, in a file beside it. */
async function checkFeedSignature(
  { files, findings, key }: Context,
  feed: VersionFile,
): Promise<void> {
  const beside = files.files.get(`${feed.filename}.signature`);
  if (beside === undefined) return;
  if (beside.size > 1000) {
    findings.fail(
      undefined,
      `${beside.filename} has ${beside.size} bytes; expected 64 bytes in base64`,
    );
    return;
  }
  const signature = fromBase64((await files.read(beside)).toString('utf8').trim());
  if (signature?.length !== 64)
    findings.fail(undefined, `${beside.filename} holds no signature; expected 64 bytes in base64`);
  else if (key !== undefined) await verifyEd25519(files, feed, findings, undefined, key, signature);
}
