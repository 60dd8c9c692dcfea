/** Tauri's static feed, `latest.json`: its signatures are the content of the .sig files. */
import type { ChannelPolicy, CheckResult } from '../../checked.ts';
import { shorten } from '../../errors.ts';
import { fromBase64 } from '../files/base64.ts';
import { NamedFiles } from '../files/named-files.ts';
import { counted, Findings } from '../files/results.ts';
import type { VersionFile, VersionFiles } from '../files/version-files.ts';
import { readParsed } from '../parsing/text.ts';
import { describe, field, type Node, textOf } from '../parsing/tree.ts';
import { parseJson } from '../parsing/yaml-text.ts';
import {
  type MinisignKey,
  type MinisignSignature,
  parseMinisign,
  parseMinisignKey,
} from '../signatures/minisign.ts';
import { verifyMinisign } from '../signatures/signed-bytes.ts';

const SEMVER = /^v?\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;
const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;
/** What the updater asks for; an app may set a target of its own. */
const TARGET =
  /^(?:linux|darwin|windows)-(?:x86_64|aarch64|i686|armv7|riscv64|universal)(?:-(?:appimage|deb|rpm|app|msi|nsis))?$/;
/** Words of other tools, by which no updater asks. */
const MISTAKEN =
  /^(?:(?:macos|mac|osx|win|win32|win64)-(?:x86_64|aarch64|i686|x64|amd64|arm64|x86|ia32)|(?:linux|darwin|windows)-(?:x64|amd64|arm64|x86|ia32))$/i;

interface Context {
  readonly files: VersionFiles;
  readonly named: NamedFiles;
  readonly findings: Findings;
  readonly version: string;
  readonly key: MinisignKey | undefined;
}

export async function checkTauriFeed(
  files: VersionFiles,
  file: VersionFile,
  policy: ChannelPolicy,
): Promise<readonly CheckResult[]> {
  const findings = new Findings('tauri', file.filename);
  const root = await readParsed(files, file, findings, parseJson);
  if (root === undefined) return findings.results('');
  const platforms = field(root, 'platforms');
  if (platforms === undefined && field(root, 'signature') === undefined) {
    findings.skip(undefined, 'has no platforms, so it is no feed of Tauri, and was not checked');
    return findings.results('is JSON');
  }
  checkHead(findings, root);
  if (platforms?.kind !== 'map' || platforms.entries.size === 0) {
    findings.fail(
      platforms?.line ?? root.line,
      `has ${describe(platforms)} as platforms; expected url and signature by platform, as in "linux-x86_64"`,
    );
    return findings.results('');
  }
  const key = policy.minisign === undefined ? undefined : parseMinisignKey(policy.minisign);
  const version = (textOf(field(root, 'version') ?? field(root, 'name')) ?? '').replace(/^v/, '');
  const named = new NamedFiles(files, findings);
  for (const [platform, entry] of platforms.entries)
    await checkPlatform({ files, named, findings, version, key }, platform, entry);
  if (key === undefined)
    findings.skip(
      undefined,
      'signatures were not verified: set minisign in the policy of the channel to the public key of the app',
    );
  return findings.results(
    `version ${version}: ${counted(named.count, 'file is', 'files are')} as the feed says`,
  );
}

function checkHead(findings: Findings, root: Node): void {
  const version = field(root, 'version') ?? field(root, 'name');
  if (!SEMVER.test(textOf(version) ?? ''))
    findings.fail(
      version?.line ?? root.line,
      `has the version ${describe(version)}; expected three numbers as in 1.4.0`,
    );
  const date = field(root, 'pub_date');
  const isDate = RFC3339.test(textOf(date) ?? '') && !Number.isNaN(Date.parse(textOf(date) ?? ''));
  if (date !== undefined && !isDate)
    findings.fail(
      date.line,
      `has the pub_date ${describe(date)}; the updater refuses the whole feed if it is not as in 2026-11-28T10:00:00Z`,
    );
}

async function checkPlatform(context: Context, platform: string, entry: Node): Promise<void> {
  const { findings, files, named, key } = context;
  if (!TARGET.test(platform)) {
    const what = `${shorten(platform)} is no platform that the updater asks for, as "linux-x86_64" or "darwin-aarch64" are`;
    if (MISTAKEN.test(platform)) findings.fail(entry.line, what);
    else findings.skip(entry.line, `${what}; an app that sets its own target may`);
  }
  const [url, signature] = ['url', 'signature'].map((name) => field(entry, name));
  const [address, written] = [textOf(url), textOf(signature)];
  if (!address)
    findings.fail(url?.line ?? entry.line, `has ${describe(url)} as url of ${platform}`);
  const signed = readSignature(findings, platform, entry, signature);
  if (!address) return;
  const file = await named.find({ name: address, line: url?.line });
  if (file === undefined || signed === undefined) return;
  const line = signature?.line;
  checkTrustedComment(context, line, file.filename, signed);
  const beside = files.files.get(`${file.filename}.sig`);
  if (beside !== undefined && beside.size < 10_000) {
    const text = (await files.read(beside)).toString('utf8').trim();
    if (text !== written?.trim())
      findings.fail(
        line,
        `the signature of ${file.filename} is not the content of ${beside.filename}; copy it from there, or publish the .sig file of this build`,
      );
  }
  if (key !== undefined) await verifyMinisign(files, file, findings, line, key, signed);
}

function readSignature(
  findings: Findings,
  platform: string,
  entry: Node,
  node: Node | undefined,
): MinisignSignature | undefined {
  const written = textOf(node)?.trim() ?? '';
  const line = node?.line ?? entry.line;
  const say = (what: string) => {
    findings.fail(line, `the signature of ${platform} ${what}`);
    return undefined;
  };
  if (written === '') return say(`is ${describe(node)}; expected the content of the .sig file`);
  if (/^[a-z]+:\/\//i.test(written) || /\.(?:mini)?sig$/i.test(written))
    return say(
      `is a link or a filename (${shorten(written)}); expected the content of the .sig file`,
    );
  if (written.startsWith('untrusted comment:'))
    return say(
      'is the text of a minisign signature; expected that text in base64, as the .sig file of tauri signer has it',
    );
  const bytes = fromBase64(written);
  if (bytes === undefined)
    return say(
      `is no base64 (${shorten(written)}); expected the content of the .sig file, whole and without line breaks`,
    );
  const parsed = parseMinisign(bytes.toString('utf8'));
  return typeof parsed === 'string'
    ? say(`${parsed}; copy the content of the .sig file again`)
    : parsed;
}

function checkTrustedComment(
  { findings, version }: Context,
  line: number | undefined,
  filename: string,
  { trustedComment }: MinisignSignature,
): void {
  const signedFor = trustedComment
    .split('\t')
    .find((part) => part.startsWith('version:'))
    ?.slice('version:'.length)
    .replace(/^v/, '');
  if (signedFor === undefined || signedFor === version) return;
  findings.fail(
    line,
    `${filename} was signed as version ${shorten(signedFor)}, and the feed announces ${shorten(version)}; sign it with --app-version ${version}`,
  );
}
