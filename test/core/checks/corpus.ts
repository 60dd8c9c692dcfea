/**
 * Releases with feeds. Those of apt, electron-builder, helm, minisign and Tauri were made by these
 * tools: test/fixtures/feeds. The others are built here as Velopack, Squirrel, Sparkle and
 * electron-builder for Windows write them, with keys of their own.
 */

import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChannelPolicy } from '../../../core/checked.ts';
import { electronRelease } from '../../clients/electron-release.ts';
import { sha256Of } from '../../fixtures/sha256-of.ts';
import type { Contents } from './memory-files.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/feeds');

export interface Release {
  readonly files: Contents;
  readonly policy: ChannelPolicy;
}

function fixture(tool: string): Contents {
  const folder = join(FIXTURES, tool);
  return Object.fromEntries(
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]),
  );
}

function bytesOf(name: string): Buffer<ArrayBuffer> {
  return Buffer.concat(
    Array.from({ length: 40 }, (_, at) => Buffer.from(sha256Of(`${name} ${at}`), 'hex')),
  );
}

export function sha1Of(bytes: Buffer): string {
  return createHash('sha1').update(bytes).digest('hex');
}

/** `text` of a file of a release. */
export function textIn(files: Contents, filename: string): string {
  const content = files[filename];
  if (content === undefined) throw new Error(`the release has no ${filename}`);
  return content.toString();
}

export const electron: Release = {
  files: electronRelease('1.4.0', 'latest.yml', 'App-1.4.0.exe', bytesOf('exe')),
  policy: {},
};

export const electronBuilder: Release = { files: fixture('electron-builder'), policy: {} };

const full = bytesOf('full');
const delta = bytesOf('delta');
const asset = (type: string, filename: string, bytes: Buffer, version = '1.4.0') => ({
  PackageId: 'App',
  Version: version,
  Type: type,
  FileName: filename,
  SHA1: sha1Of(bytes).toUpperCase(),
  SHA256: sha256Of(bytes).toUpperCase(),
  Size: bytes.length,
  NotesMarkdown: '',
});

export const velopack: Release = {
  files: {
    'App-1.4.0-full.nupkg': full,
    'App-1.4.0-delta.nupkg': delta,
    'releases.win.json': JSON.stringify(
      {
        Assets: [
          asset('Full', 'App-1.4.0-full.nupkg', full),
          asset('Delta', 'App-1.4.0-delta.nupkg', delta),
          asset('Full', 'App-1.3.0-full.nupkg', bytesOf('old'), '1.3.0'),
        ],
      },
      undefined,
      2,
    ),
  },
  policy: {},
};

export const squirrel: Release = {
  files: {
    'App-1.4.0-full.nupkg': full,
    'App-1.4.0-delta.nupkg': delta,
    RELEASES: [
      `\uFEFF${sha1Of(bytesOf('old'))} App-1.3.0-full.nupkg 1280`,
      `${sha1Of(full)} App-1.4.0-full.nupkg ${full.length} # 10%`,
      `${sha1Of(delta)} App-1.4.0-delta.nupkg ${delta.length}`,
    ].join('\r\n'),
  },
  policy: {},
};

const signedByTauri = fixture('tauri');
const APP = 'App_1.4.0_amd64.AppImage';

export const tauri: Release = {
  files: {
    [APP]: signedByTauri[APP] ?? '',
    [`${APP}.sig`]: signedByTauri[`${APP}.sig`] ?? '',
    'latest.json': JSON.stringify(
      {
        version: '1.4.0',
        notes: 'Faster.',
        pub_date: '2026-11-28T10:00:00Z',
        platforms: {
          'linux-x86_64': {
            signature: textIn(signedByTauri, `${APP}.sig`),
            url: `https://releases.example.com/channels/stable/${APP}`,
          },
        },
      },
      undefined,
      2,
    ),
  },
  policy: { minisign: textIn(signedByTauri, 'tauri.pub') },
};

export const minisign: Release = {
  files: fixture('minisign'),
  policy: { minisign: textIn(fixture('minisign'), 'minisign.pub') },
};

export const apt: Release = { files: fixture('apt'), policy: {} };

export const helm: Release = { files: fixture('helm'), policy: {} };

const sparkleKey = generateKeyPairSync('ed25519');
const otherKey = generateKeyPairSync('ed25519');
const rawKey = (key: typeof sparkleKey) =>
  Buffer.from(String(key.publicKey.export({ format: 'jwk' }).x), 'base64url').toString('base64');

export function signBy(who: 'the app' | 'another key', bytes: Buffer | string): string {
  const { privateKey } = who === 'the app' ? sparkleKey : otherKey;
  return sign(null, Buffer.from(bytes), privateKey).toString('base64');
}

const zip = bytesOf('zip');
const patch = bytesOf('patch');
const appcast = `<?xml version="1.0" standalone="yes"?>
<rss xmlns:sparkle="http://www.andymatuschak.org/xml-namespaces/sparkle" version="2.0">
  <channel>
    <title>App</title>
    <item>
      <title>1.4.0</title>
      <pubDate>Sat, 28 Nov 2026 10:00:00 +0000</pubDate>
      <sparkle:version>140</sparkle:version>
      <description><![CDATA[<p>Faster &amp; smaller</p>]]></description>
      <enclosure url="https://releases.example.com/packages/1.4.0/App-1.4.0.zip" length="${zip.length}" type="application/octet-stream" sparkle:edSignature="${signBy('the app', zip)}"/>
      <sparkle:deltas>
        <enclosure url="App-1.3.0-1.4.0.delta" sparkle:deltaFrom="130" length="${patch.length}" type="application/octet-stream" sparkle:edSignature="${signBy('the app', patch)}"/>
      </sparkle:deltas>
    </item>
    <item>
      <title>1.3.0</title>
      <sparkle:version>130</sparkle:version>
      <enclosure url="App-1.3.0.zip" length="5" sparkle:edSignature="${signBy('the app', 'older')}"/>
    </item>
  </channel>
</rss>
`;

export const sparkle: Release = {
  files: { 'App-1.4.0.zip': zip, 'App-1.3.0-1.4.0.delta': patch, 'appcast.xml': appcast },
  policy: { ed25519: rawKey(sparkleKey) },
};

export const netSparkle: Release = {
  files: { ...sparkle.files, 'appcast.xml.signature': signBy('the app', appcast) },
  policy: sparkle.policy,
};

const tool = bytesOf('tool');

export const checksums: Release = {
  files: {
    'tool-linux': tool,
    'tool.exe': full,
    'tool-linux.sha256': `${sha256Of(tool)}\n`,
    SHA512SUMS: [tool, full]
      .map((bytes) => createHash('sha512').update(bytes).digest('hex'))
      .map((digest, at) => `${digest}  ${['tool-linux', 'tool.exe'][at]}\n`)
      .join(''),
    'tool_1.4.0_checksums.txt': `${sha256Of(tool)}  tool-linux\n${sha256Of(full)} *tool.exe\n`,
  },
  policy: {},
};

const statement = (sha256: string, name: string) => ({
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ name, digest: { sha256 } }],
  predicateType: 'https://slsa.dev/provenance/v1',
  predicate: {},
});

/** As `cosign attest-blob` and `actions/attest` write it, unsigned. */
export function bundleOf(bytes: Buffer, name = 'tool-linux'): string {
  const payload = Buffer.from(JSON.stringify(statement(sha256Of(bytes), name))).toString('base64');
  return JSON.stringify({
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: { certificate: { rawBytes: '' }, tlogEntries: [] },
    dsseEnvelope: { payload, payloadType: 'application/vnd.in-toto+json', signatures: [] },
  });
}

/** As `cosign sign-blob` writes it, unsigned. */
export function messageBundleOf(bytes: Buffer): string {
  const digest = Buffer.from(sha256Of(bytes), 'hex').toString('base64');
  return JSON.stringify({
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: {},
    messageSignature: { messageDigest: { algorithm: 'SHA2_256', digest }, signature: '' },
  });
}

export const statements: Release = {
  files: {
    'tool-linux': tool,
    'tool.exe': full,
    'tool-linux.sigstore.json': bundleOf(tool),
    'tool.exe.sigstore.json': messageBundleOf(full),
    'multiple.intoto.jsonl': `${JSON.stringify(JSON.parse(bundleOf(tool)).dsseEnvelope)}\n`,
  },
  policy: {},
};

export const CORPUS: Readonly<Record<string, Release>> = {
  electron,
  electronBuilder,
  velopack,
  squirrel,
  tauri,
  minisign,
  apt,
  helm,
  sparkle,
  netSparkle,
  checksums,
  statements,
};
