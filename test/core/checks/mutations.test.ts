/** Each mistake in a feed is refused by the check of that feed, with file and line. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import {
  apt,
  bundleOf,
  checksums,
  electron,
  electronBuilder,
  helm,
  messageBundleOf,
  minisign,
  netSparkle,
  type Release,
  sha1Of,
  signBy,
  sparkle,
  squirrel,
  statements,
  tauri,
  textIn,
  velopack,
} from './corpus.ts';
import { type Contents, check, failuresOf } from './memory-files.ts';

/** Name, the changed files, and what the first failure must be. */
type Mutation = readonly [
  name: string,
  change: (files: Contents) => Contents,
  line: number | undefined,
  detail: RegExp,
];

/** Changes the text of one file. */
function edit(filename: string, from: string | RegExp, to: string) {
  return (files: Contents): Contents => {
    const text = textIn(files, filename);
    const changed = text.replace(from, () => to);
    if (changed === text) throw new Error(`${filename} does not hold ${from}`);
    return { ...files, [filename]: changed };
  };
}

function put(filename: string, content: string | Buffer) {
  return (files: Contents): Contents => ({ ...files, [filename]: content });
}

function drop(filename: string) {
  return ({ [filename]: _, ...rest }: Contents): Contents => rest;
}

/** One bit of a file. */
function flip(filename: string) {
  return (files: Contents): Contents => {
    const bytes = Buffer.from(files[filename] ?? '');
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 9) ^ 1, bytes.length - 9);
    return { ...files, [filename]: bytes };
  };
}

function before(filename: string, text: string) {
  return (files: Contents): Contents => ({ ...files, [filename]: text + textIn(files, filename) });
}

function crlf(filename: string) {
  return (files: Contents): Contents => ({
    ...files,
    [filename]: textIn(files, filename).replaceAll('\n', '\r\n'),
  });
}

/** What clients fail on, whatever the file was meant to be: also without a policy it stops a channel. */
const SAYS_OF_OTHERS =
  /^(?:says that \S+ has (?:\d+ bytes|the sha)|names .* (?:has no file of that name|which is yanked)|is about a file with the sha256)/;

function describeMutations(
  filename: string,
  { files, policy }: Release,
  name: string,
  mutations: readonly Mutation[],
): void {
  describe(`${name}, ${filename}`, () => {
    test.each(mutations)('%s', async (_, change, line, detail) => {
      expect(failuresOf(await check(files, policy))).toEqual([]);

      const failures = failuresOf(await check(change(files), policy));

      const first = failures.find((one) => one.check === name && one.filename === filename);
      expect(first).toEqual({
        check: name,
        filename,
        verdict: 'failed',
        detail: expect.stringMatching(detail),
        ...(line !== undefined && { line }),
        ...(SAYS_OF_OTHERS.test(first?.detail ?? '') && { contradicts: true }),
      });
    });
  });
}

const otherSha512 = createHash('sha512').update('other').digest('base64');
const ZEROS = '0'.repeat(64);

describeMutations('latest.yml', electron, 'electron', [
  ['the installer is missing', drop('App-1.4.0.exe'), 3, /has no file of that name/],
  ['the installer has one other bit', flip('App-1.4.0.exe'), 4, /has the sha512 .* and it has/],
  ['the size is wrong', edit('latest.yml', 'size: 1280', 'size: 1281'), 5, /1281 bytes.* has 1280/],
  ['the size is text', edit('latest.yml', 'size: 1280', 'size: large'), 5, /expected a number/],
  [
    'the digest is of other bytes',
    edit('latest.yml', /sha512: .*/, `sha512: ${otherSha512}`),
    4,
    /sha512/,
  ],
  [
    'the digest is cut',
    edit('latest.yml', /sha512: (.{20}).*/, 'sha512: abcd'),
    4,
    /64 bytes in hex or base64/,
  ],
  [
    'the digest of path is wrong',
    edit('latest.yml', /\nsha512: .*/, `\nsha512: ${otherSha512}`),
    7,
    /sha512/,
  ],
  ['there is no digest', edit('latest.yml', /\n {4}sha512: .*/, ''), 3, /neither sha512 nor sha2/],
  [
    'sha2 is wrong',
    edit('latest.yml', /\n {4}sha512: .*/, `\n    sha2: ${ZEROS}`),
    4,
    /sha256 0000/,
  ],
  [
    'the name differs in one letter',
    edit('latest.yml', 'url: App-1.4.0.exe', 'url: app-1.4.0.exe'),
    3,
    /it has "App-1\.4\.0\.exe"/,
  ],
  [
    'path names another file',
    edit('latest.yml', 'path: App-1.4.0.exe', 'path: App.exe'),
    6,
    /"App\.exe"/,
  ],
  [
    'the version has two numbers',
    edit('latest.yml', 'version: 1.4.0', 'version: 1.4'),
    1,
    /three numbers/,
  ],
  [
    'a key is there twice',
    edit('latest.yml', 'path:', 'version: 1.5.0\npath:'),
    6,
    /"version" twice/,
  ],
  ['it holds a tag', edit('latest.yml', '1.4.0\n', '!!js/regexp /x/\n'), 1, /a tag/],
  ['it holds an alias', edit('latest.yml', 'path: App-1.4.0.exe', 'path: *x'), 6, /an alias/],
  ['it holds an anchor', edit('latest.yml', '1.4.0\n', '&x 1.4.0\n'), 1, /an anchor/],
  ['it names no file', put('latest.yml', 'version: 1.4.0\n'), 1, /neither files nor path/],
  [
    'files is no list',
    edit('latest.yml', /files:\n(?: .*\n)+/, 'files: none\n'),
    2,
    /expected a list/,
  ],
  [
    'a second document follows',
    (files) => ({ ...files, 'latest.yml': `${textIn(files, 'latest.yml')}---\na: 1\n` }),
    9,
    /second document/,
  ],
  ['a tab indents', edit('latest.yml', '    size', '\tsize'), 5, /tab/i],
  ['it is empty', put('latest.yml', '\n'), 1, /version nothing/],
  ['it is UTF-16', put('latest.yml', Buffer.from('version: 1.4.0\n', 'utf16le')), 1, /NUL byte/],
  [
    'it is Latin-1',
    put('latest.yml', Buffer.from('a: 1\nversion: \xe4\n', 'latin1')),
    2,
    /not UTF-8/,
  ],
]);

const MAC = 'Demo-1.4.0-mac.zip';
const ARM = 'Demo-1.4.0-arm64-mac.zip';
describeMutations('latest-mac.yml', electronBuilder, 'electron', [
  ['the archive is missing', drop(MAC), 3, /"Demo-1\.4\.0-mac\.zip", and version 1\.4\.0 has no/],
  ['the archive of the other arch is missing', drop(ARM), 6, /"Demo-1\.4\.0-arm64-mac\.zip"/],
  ['the archive of the other arch has one other bit', flip(ARM), 7, /has the sha512 .* and it has/],
  [
    'the archive was signed after the feed was made',
    (files) => ({
      ...files,
      [MAC]: Buffer.concat([Buffer.from(files[MAC] ?? ''), Buffer.from('x')]),
    }),
    5,
    /3937 bytes, and it has 3938/,
  ],
  [
    'it is the feed of the version before',
    edit('latest-mac.yml', /Demo-1\.4\.0-arm64/g, 'Demo-1.3.0-arm64'),
    6,
    /"Demo-1\.3\.0-arm64-mac\.zip"/,
  ],
  [
    'the digest is of the hex, and not of the bytes',
    edit('latest-mac.yml', /sha512: .*/, `sha512: ${Buffer.from(ZEROS).toString('base64')}`),
    4,
    /has the sha512 MDAw/,
  ],
  [
    'the digest is folded into two lines',
    edit('latest-mac.yml', 'sha512: +xEm', 'sha512: +xEm\n'),
    5,
    /^is not readable: .* on a single line/,
  ],
  [
    'a second feed is appended',
    (files) => ({
      ...files,
      'latest-mac.yml': textIn(files, 'latest-mac.yml').repeat(2),
    }),
    12,
    /"version" twice/,
  ],
]);

describeMutations('releases.win.json', velopack, 'velopack', [
  ['the package is missing', drop('App-1.4.0-full.nupkg'), 7, /has no file of that name/],
  ['the delta is missing', drop('App-1.4.0-delta.nupkg'), 17, /App-1\.4\.0-delta/],
  ['the package has one other bit', flip('App-1.4.0-full.nupkg'), 9, /sha256/],
  [
    'SHA256 is wrong',
    edit('releases.win.json', /"SHA256": ".*"/, `"SHA256": "${ZEROS}"`),
    9,
    /sha256 0000/,
  ],
  [
    'SHA1 is wrong',
    edit('releases.win.json', /"SHA1": ".*"/, `"SHA1": "${'0'.repeat(40)}"`),
    8,
    /sha1 0000/,
  ],
  ['SHA1 is cut', edit('releases.win.json', /"SHA1": ".*"/, '"SHA1": "0000"'), 8, /20 bytes/],
  ['the size is wrong', edit('releases.win.json', '"Size": 1280', '"Size": 12'), 10, /12 bytes/],
  [
    'the size is text',
    edit('releases.win.json', '"Size": 1280', '"Size": "1280"'),
    10,
    /expected a number/,
  ],
  [
    'there is no digest',
    edit('releases.win.json', /"SHA1": ".*",\s*"SHA256": ".*",/, ''),
    7,
    /neither SHA256 nor SHA1/,
  ],
  ['a byte order mark begins it', before('releases.win.json', '\uFEFF'), 1, /byte order mark/],
  [
    'a comma is missing',
    edit('releases.win.json', '"Type": "Full",', '"Type": "Full"'),
    7,
    /not JSON/,
  ],
  [
    'it is cut in the middle',
    edit('releases.win.json', /"App-1\.4\.0-delta[\s\S]*$/, ''),
    17,
    /not JSON/,
  ],
  [
    'a key is there twice',
    edit('releases.win.json', '"Type": "Full",', '"Type": "Full", "Type": "Full",'),
    6,
    /"Type" twice/,
  ],
  ['it has no Assets', put('releases.win.json', '{"Assets": []}'), 1, /no Assets/],
]);

describeMutations('RELEASES', squirrel, 'squirrel-windows', [
  ['the package is missing', drop('App-1.4.0-full.nupkg'), 2, /has no file of that name/],
  ['the delta has one other bit', flip('App-1.4.0-delta.nupkg'), 3, /sha1/],
  ['the size is wrong', edit('RELEASES', ' 1280 # 10%', ' 1281'), 2, /1281 bytes/],
  ['a digest is cut', edit('RELEASES', /\n[0-9a-f]{40}/, '\n0123'), 2, /SHA1 filename size/],
  ['it is empty', put('RELEASES', '\r\n'), 1, /names no package/],
]);

const APP = 'App_1.4.0_amd64.AppImage';
const SIGNATURE = /"signature": ".*"/;
const minisigText = (files: Contents) =>
  Buffer.from(textIn(files, `${APP}.sig`), 'base64').toString();
/** Another text of the signature, in the feed and in the .sig file alike. */
function resign(change: (text: string) => string) {
  return (files: Contents): Contents => {
    const written = Buffer.from(change(minisigText(files))).toString('base64');
    const changed = edit('latest.json', SIGNATURE, `"signature": "${written}"`)(files);
    return { ...changed, [`${APP}.sig`]: written };
  };
}

describeMutations('latest.json', tauri, 'tauri', [
  ['the bundle is missing', drop(APP), 8, /has no file of that name/],
  ['the bundle has one other bit', flip(APP), 7, /does not match the bytes/],
  [
    'the signature is a link',
    edit('latest.json', SIGNATURE, `"signature": "https://a.example/${APP}.sig"`),
    7,
    /is a link/,
  ],
  [
    'the signature is a filename',
    edit('latest.json', SIGNATURE, `"signature": "${APP}.sig"`),
    7,
    /is a link or a filename/,
  ],
  [
    'the signature is empty',
    edit('latest.json', SIGNATURE, '"signature": ""'),
    7,
    /content of the \.sig file/,
  ],
  ['the signature is missing', edit('latest.json', /"signature": ".*",/, ''), 6, /is nothing/],
  [
    'the signature is cut',
    edit('latest.json', /"signature": ".*"/, '"signature": "dW50cnVzdGVkIGNvbW1"'),
    7,
    /no base64/,
  ],
  [
    'the signature is the text of minisign',
    edit('latest.json', SIGNATURE, '"signature": "untrusted comment: x"'),
    7,
    /in base64/,
  ],
  [
    'the signature is not the one of the .sig file',
    put(`${APP}.sig`, 'other'),
    7,
    /not the content of/,
  ],
  [
    'the trusted comment was changed',
    resign((text) => text.replace('timestamp:1', 'timestamp:2')),
    7,
    /trusted comment that was changed/,
  ],
  [
    'it was signed as another version',
    edit('latest.json', '"version": "1.4.0"', '"version": "1.5.0"'),
    7,
    /signed as version "1\.4\.0"/,
  ],
  [
    'the version is no version',
    edit('latest.json', '"version": "1.4.0"', '"version": "newest"'),
    2,
    /three numbers/,
  ],
  [
    'the date is not RFC 3339',
    edit('latest.json', '2026-11-28T10:00:00Z', '28.11.2026'),
    4,
    /pub_date/,
  ],
  [
    'the platform has a name of Node',
    edit('latest.json', 'linux-x86_64', 'linux-x64'),
    6,
    /no platform/,
  ],
  [
    'the platform has a name of Electron',
    edit('latest.json', 'linux-x86_64', 'win32-x86_64'),
    6,
    /no platform/,
  ],
  [
    'platforms is empty',
    edit('latest.json', /"platforms": \{[\s\S]*\}\n\}/, '"platforms": {}\n}'),
    5,
    /as platforms/,
  ],
  ['a byte order mark begins it', before('latest.json', '\uFEFF'), 1, /byte order mark/],
  [
    'a platform is there twice',
    edit('latest.json', '"platforms": {', '"platforms": {"linux-x86_64": {},'),
    6,
    /twice/,
  ],
]);

test('a Tauri signature of another key is refused, with both key ids', async () => {
  const key = textIn(minisign.files, 'minisign.pub');

  const failures = failuresOf(await check(tauri.files, { minisign: key }));
  const first = failures.find((one) => one.check === 'tauri');

  expect(first).toMatchObject({ filename: 'latest.json', line: 7 });
  expect(first?.detail).toMatch(
    /is by the key [0-9A-F]{16}, and the channel trusts 085263890E88956C/,
  );
});

describeMutations('app.bin.minisig', minisign, 'signature', [
  ['the file has one other bit', flip('app.bin'), 2, /does not match the bytes/],
  [
    'the trusted comment was changed',
    edit('app.bin.minisig', 'timestamp:1', 'timestamp:2'),
    2,
    /changed after signing/,
  ],
  ['the file is missing', drop('app.bin'), undefined, /has no file of that name/],
  [
    'a line is missing',
    edit('app.bin.minisig', /trusted comment: timestamp.*\n/, ''),
    1,
    /four lines/,
  ],
]);
describeMutations('app-legacy.bin.minisig', minisign, 'signature', [
  ['the file has one other bit', flip('app-legacy.bin'), 2, /does not match the bytes/],
]);
describeMutations('app.bin', minisign, 'signature', [
  [
    'no signature is beside the file',
    drop('app.bin.minisig'),
    undefined,
    /neither app\.bin\.minisig/,
  ],
]);

const line = (text: string, from: RegExp) => text.slice(0, text.search(from)).split('\n').length;
const release = textIn(apt.files, 'InRelease');
const sums = line(release, /SHA256:\n/);

describeMutations('InRelease', apt, 'apt', [
  [
    'Packages has other bytes',
    ({ Release: _, ...files }) => ({
      ...files,
      Packages: `${textIn(files, 'Packages')}\n`,
    }),
    sums + 1,
    /Packages has 451 bytes, and it has 452/,
  ],
  [
    'it has no signature',
    edit('InRelease', /-----BEGIN PGP SIGNATURE[\s\S]*/, ''),
    17,
    /no whole signature/,
  ],
  ['it is not clear-signed', edit('InRelease', /^[\s\S]*?\n\n/, ''), 1, /BEGIN PGP SIGNED/],
  ['its lines end in CRLF', crlf('InRelease'), 1, /with LF/],
  [
    'it holds another text than Release',
    edit('InRelease', 'Suite: stable', 'Suite: beta'),
    undefined,
    /another text than Release/,
  ],
]);

describeMutations('Release', apt, 'apt', [
  [
    'the digest of Packages is wrong',
    (files) =>
      drop('InRelease')(
        edit('Release', /SHA256:\n .{64}/, `SHA256:\n ${ZEROS}`)({ ...files, 'Release.gpg': 'x' }),
      ),
    sums - 3 + 1,
    /sha256 0000/,
  ],
  [
    'it has no SHA256',
    (files) =>
      drop('InRelease')(edit('Release', /SHA256:[\s\S]*/, '')({ ...files, 'Release.gpg': 'x' })),
    1,
    /no field SHA256/,
  ],
  ['nothing signs it', drop('InRelease'), undefined, /no signature/],
]);

describeMutations(
  'Packages',
  { ...apt, files: drop('InRelease')(drop('Release')(apt.files)) },
  'apt',
  [
    [
      'the package is missing',
      (files) => drop('tool_1.4.0_all.deb.asc')(drop('tool_1.4.0_all.deb')(files)),
      5,
      /has no file of that name/,
    ],
    ['the package has one other bit', flip('tool_1.4.0_all.deb'), 9, /sha256/],
    ['the size is wrong', edit('Packages', 'Size: 652', 'Size: 653'), 6, /653 bytes/],
    [
      'SHA256 is missing',
      edit('Packages', /SHA256:.*\nSHA512:.*\n/, ''),
      1,
      /without Filename, Size, or SHA256/,
    ],
    ['a field is there twice', edit('Packages', 'Size: 652', 'Size: 652\nSize: 652'), 7, /twice/],
    ['its lines end in CRLF', crlf('Packages'), 1, /CRLF/],
  ],
);

describeMutations(
  'Packages.gz',
  { ...apt, files: drop('InRelease')(drop('Release')(apt.files)) },
  'apt',
  [
    [
      'it is cut',
      put('Packages.gz', Buffer.from(apt.files['Packages.gz'] ?? '').subarray(0, 100)),
      undefined,
      /not be unpacked/,
    ],
    [
      'it unpacks to more than is read',
      put('Packages.gz', gzipSync(Buffer.alloc(20 * 1024 * 1024))),
      undefined,
      /holds more than/,
    ],
  ],
);

describeMutations('index.yaml', helm, 'helm', [
  ['the chart is missing', drop('tool-1.4.0.tgz'), 10, /has no file of that name/],
  ['the chart has one other bit', flip('tool-1.4.0.tgz'), 7, /sha256/],
  ['the digest is cut', edit('index.yaml', /digest: .*/, 'digest: 5e32'), 7, /32 bytes/],
  ['urls is empty', edit('index.yaml', /urls:\n.*\n/, 'urls: []\n'), 9, /list of addresses/],
  [
    'the apiVersion is another',
    edit('index.yaml', 'apiVersion: v1', 'apiVersion: v3'),
    1,
    /expected "v1"/,
  ],
]);

describeMutations('appcast.xml', sparkle, 'appcast', [
  ['the archive is missing', drop('App-1.4.0.zip'), 10, /has no file of that name/],
  ['the archive has one other bit', flip('App-1.4.0.zip'), 10, /does not match its bytes/],
  ['the delta is missing', drop('App-1.3.0-1.4.0.delta'), 12, /delta/],
  ['the delta has one other bit', flip('App-1.3.0-1.4.0.delta'), 12, /does not match its bytes/],
  ['the length is wrong', edit('appcast.xml', 'length="1280"', 'length="1281"'), 10, /1281 bytes/],
  [
    'another key signed',
    edit(
      'appcast.xml',
      /edSignature=".*?"/,
      `edSignature="${signBy('another key', sparkle.files['App-1.4.0.zip'] ?? '')}"`,
    ),
    10,
    /does not match its bytes/,
  ],
  [
    'the signature is cut',
    edit('appcast.xml', /edSignature=".*?"/, 'edSignature="abcd"'),
    10,
    /64 bytes in base64/,
  ],
  [
    'the signature is missing',
    edit('appcast.xml', /sparkle:edSignature=".*?"/, ''),
    10,
    /no sparkle:edSignature/,
  ],
  [
    'the delta says not from what',
    edit('appcast.xml', 'sparkle:deltaFrom="130"', ''),
    12,
    /without sparkle:deltaFrom/,
  ],
  [
    'there is no sparkle:version',
    edit('appcast.xml', /<sparkle:version>140.*/, ''),
    5,
    /no sparkle:version/,
  ],
  [
    'it holds an entity bomb',
    edit('appcast.xml', '?>', '?>\n<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'),
    2,
    /DOCTYPE/,
  ],
  [
    'it reads a file by an entity',
    edit('appcast.xml', '?>', '?>\n<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'),
    2,
    /DOCTYPE/,
  ],
  ['it uses an unknown entity', edit('appcast.xml', 'App</title>', '&nbsp;</title>'), 4, /entity/],
  [
    'an attribute is there twice',
    edit('appcast.xml', 'length="1280"', 'length="1280" length="1280"'),
    10,
    /duplicate attribute/,
  ],
  ['an element is not closed', edit('appcast.xml', '</item>', ''), 20, /not XML/],
  ['it is HTML', put('appcast.xml', '<html><body>404</body></html>'), 1, /expected <rss>/],
]);

describeMutations('appcast.xml', netSparkle, 'appcast', [
  [
    'the feed was changed after signing',
    edit('appcast.xml', '<title>App<', '<title>Apps<'),
    undefined,
    /signature of appcast\.xml does not match/,
  ],
  [
    'the signature of the feed is none',
    put('appcast.xml.signature', 'x'),
    undefined,
    /holds no signature/,
  ],
]);

describeMutations('SHA512SUMS', checksums, 'checksums', [
  [
    'a file has one other bit',
    (files) => drop('tool_1.4.0_checksums.txt')(flip('tool.exe')(files)),
    2,
    /sha512/,
  ],
  ['a file is missing', drop('tool.exe'), 2, /has no file of that name/],
  ['a digest is cut', edit('SHA512SUMS', /^.{5}/, ''), 1, /expected "digest {2}filename"/],
  ['its lines end in CRLF', crlf('SHA512SUMS'), 1, /CRLF/],
  ['a byte order mark begins it', before('SHA512SUMS', '\uFEFF'), 1, /byte order mark/],
  [
    'a file is named twice',
    (files) => put('SHA512SUMS', textIn(files, 'SHA512SUMS').repeat(2))(files),
    3,
    /again, after line 1/,
  ],
]);
describeMutations('tool-linux.sha256', checksums, 'checksums', [
  ['the digest beside a file is another', put('tool-linux.sha256', ZEROS), 1, /sha256 0000/],
  ['the digest beside a file is MD5', put('tool-linux.sha256', '0'.repeat(32)), 1, /hex digits/],
  [
    'the digest is followed by another',
    put('tool-linux.sha256', `${sha1Of(Buffer.from('x'))}\n`),
    1,
    /sha1/,
  ],
]);

describeMutations('tool-linux.sigstore.json', statements, 'statement', [
  [
    'it is about other bytes',
    put('tool-linux.sigstore.json', bundleOf(Buffer.from('other'))),
    1,
    /attest the published file/,
  ],
  [
    'its message has another digest',
    put('tool-linux.sigstore.json', messageBundleOf(Buffer.from('other'))),
    1,
    /attest the published file/,
  ],
  ['it is no bundle', put('tool-linux.sigstore.json', '{}'), 1, /neither a Sigstore bundle/],
  [
    'its payload is no base64',
    put('tool-linux.sigstore.json', '{"dsseEnvelope":\n{"payload":"%"}}'),
    2,
    /no base64/,
  ],
  ['it is not JSON', put('tool-linux.sigstore.json', '{\n]'), 2, /not JSON/],
]);
describeMutations('multiple.intoto.jsonl', statements, 'statement', [
  [
    'a line is about other bytes',
    put(
      'multiple.intoto.jsonl',
      `\n${JSON.stringify(JSON.parse(bundleOf(Buffer.from('other'))).dsseEnvelope)}\n`,
    ),
    2,
    /attest the published file/,
  ],
  [
    'it names no file of the version',
    put('multiple.intoto.jsonl', `${bundleOf(Buffer.from('other'), 'x')}\n`),
    1,
    /names none of the version/,
  ],
]);

test('a file that was yanked is not named by the feed of a channel', async () => {
  const states = { 'App-1.4.0.exe': 'yanked' } as const;

  const [first] = failuresOf(await check(electron.files, {}, { states }));

  expect(first).toMatchObject({ check: 'electron', filename: 'latest.yml', line: 3 });
  expect(first?.detail).toContain('is yanked in version 1.4.0; restore it');
});
