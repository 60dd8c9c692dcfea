/** Bundles of Sigstore, verified offline: real ones are accepted, and each change of them is refused. */
import { describe, expect, test } from '@jest/globals';
import type { ChannelPolicy, CheckResult, SigstorePolicy } from '../../../core/checked.ts';
import { checkVersion } from '../../../core/checks/check-version.ts';
import type { VersionFile } from '../../../core/checks/files/version-files.ts';
import { loadSigstoreVerifier } from '../../../core/checks/sigstore/load-verifier.ts';
import {
  NPM_BUNDLE,
  NPM_RELEASE,
  NPM_SIGNER,
  NPM_TARBALL,
  sigstoreFixture,
} from '../../fixtures/sigstore/real-bundles.ts';
import { type Contents, failuresOf, MemoryFiles } from './memory-files.ts';

// biome-ignore lint/suspicious/noExplicitAny: mutations reach into every corner of a bundle
type Json = any;
const read = sigstoreFixture;
const parsed = (name: string): Json => JSON.parse(read(name).toString());

const TARBALL = NPM_TARBALL;
const BUNDLE = NPM_BUNDLE;
const WHEEL = 'sigstore-4.5.0-py3-none-any.whl';
const SLSA = 'https://slsa.dev/provenance/v1';

const byNpm = NPM_SIGNER;
const byPypi: SigstorePolicy = {
  issuer: byNpm.issuer,
  identity: 'https://github.com/sigstore/sigstore-python/.github/workflows/release.yml@refs/tags/*',
};
const npm: Contents = NPM_RELEASE;

async function check(
  contents: Contents | MemoryFiles,
  sigstore: SigstorePolicy,
  root?: string,
): Promise<readonly CheckResult[]> {
  const files = contents instanceof MemoryFiles ? contents : new MemoryFiles(contents);
  return checkVersion(files, { sigstore }, await loadSigstoreVerifier(root));
}

/** The wheel of PyPI by its digest alone: nothing of it is read. */
class WheelFiles extends MemoryFiles {
  constructor() {
    super({ [WHEEL]: 'wheel', [`${WHEEL}.sigstore`]: read('pypi-attestation.sigstore.json') });
    const wheel = this.files.get(WHEEL);
    const sha256 = 'f045b207f2e12605cf775ec38e89c5eda625d71ffa7830477db65e47ec2bc8b2';
    if (wheel !== undefined) Object.assign(wheel, { sha256 } satisfies Partial<VersionFile>);
  }
}

describe('a real bundle', () => {
  test('of npm is accepted: the provenance of a package, by its SHA-512', async () => {
    expect(await check(npm, byNpm)).toEqual([
      {
        check: 'statement',
        filename: BUNDLE,
        verdict: 'passed',
        detail: `is about the published file, and is signed by ${byNpm.identity}`,
      },
    ]);
  });

  test('of PyPI is accepted, by any tag of the workflow that the channel names', async () => {
    const results = await check(new WheelFiles(), byPypi);

    expect(results.map(({ verdict, detail }) => [verdict, detail])).toEqual([
      ['passed', expect.stringMatching(/is signed by .*release\.yml@refs\/tags\/v4\.5\.0$/)],
    ]);
  });

  test('of signed bytes is accepted, by the root of another instance of Sigstore', async () => {
    const files = {
      'tool.bin': read('own/tool.bin'),
      'tool.bin.sigstore.json': read('own/tool.bin.sigstore.json'),
    };
    const own = { issuer: 'https://ci.example.com', identity: 'https://ci.example.com/app/*' };
    const root = read('own/trusted_root.json').toString();

    expect(failuresOf(await check(files, own, root))).toEqual([]);
    const [elsewhere] = failuresOf(await check(files, own));
    expect(elsewhere?.detail).toMatch(/^is not signed as it must be/);
    const slsa = { ...own, predicateType: SLSA };
    const [bytes] = failuresOf(await check(files, slsa, root));
    expect(bytes?.detail).toMatch(/^is attested as bytes alone only, .* as https:\/\/slsa/);
  });

  test('of a statement is accepted where the log has the digest of all that is signed, as Rekor 2 has', async () => {
    const bundle = read('own/statement.sigstore.json').toString();
    const files = { 'tool.bin': read('own/tool.bin'), 'tool.bin.sigstore.json': bundle };
    const own = { issuer: 'https://ci.example.com', identity: 'https://ci.example.com/app/*' };
    const root = read('own/trusted_root.json').toString();

    expect(failuresOf(await check(files, { ...own, predicateType: SLSA }, root))).toEqual([]);

    const other = JSON.parse(bundle);
    const { payload } = other.dsseEnvelope;
    const text = Buffer.from(payload, 'base64').toString().replace('{}', '{"by":"me"}');
    other.dsseEnvelope.payload = Buffer.from(text).toString('base64');
    const changed = { ...files, 'tool.bin.sigstore.json': JSON.stringify(other) };
    const [first] = failuresOf(await check(changed, own, root));
    expect(first?.detail).toMatch(/^is not signed as it must be/);
  });

  test('among others in a file of lines counts for the file that it names', async () => {
    const line = JSON.stringify(JSON.parse(String(npm[BUNDLE])));
    const files = { [TARBALL]: npm[TARBALL] ?? '', [`${TARBALL}.intoto.jsonl`]: `${line}\n` };

    expect(failuresOf(await check(files, byNpm))).toEqual([]);
  });
});

/** What is changed of npm's bundle. */
type Mutation = readonly [name: string, change: (bundle: Json) => void, detail: RegExp];

function flipped(text: string): string {
  const bytes = Buffer.from(text, 'base64');
  const at = bytes.length - 9;
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  return bytes.toString('base64');
}

const entryOf = (bundle: Json) => bundle.verificationMaterial.tlogEntries[0];
const other = parsed('pypi-attestation.sigstore.json');
const NOT_SIGNED = /^is not signed as it must be: /;

const MUTATIONS: readonly Mutation[] = [
  [
    'the statement says something else of the build',
    (bundle) => {
      const statement = Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString();
      const changed = statement.replace('refs/heads/main', 'refs/heads/evil');
      bundle.dsseEnvelope.payload = Buffer.from(changed).toString('base64');
    },
    NOT_SIGNED,
  ],
  [
    'one bit of the signature is another',
    ({ dsseEnvelope: { signatures } }) => {
      signatures[0].sig = flipped(signatures[0].sig);
    },
    NOT_SIGNED,
  ],
  [
    'a second signature is added',
    ({ dsseEnvelope: { signatures } }) => signatures.push(signatures[0]),
    /signatures, expected 1|is no Sigstore bundle/,
  ],
  [
    'the payload has another type',
    ({ dsseEnvelope }) => {
      dsseEnvelope.payloadType = 'text/plain';
    },
    /a payload of the type "text\/plain", expected application\/vnd\.in-toto\+json/,
  ],
  [
    'the certificate is that of another bundle',
    ({ verificationMaterial }) => {
      verificationMaterial.certificate = other.verificationMaterial.certificate;
    },
    NOT_SIGNED,
  ],
  [
    'one bit of the certificate is another',
    ({ verificationMaterial: { certificate } }) => {
      certificate.rawBytes = flipped(certificate.rawBytes);
    },
    NOT_SIGNED,
  ],
  [
    'a key takes the place of the certificate',
    ({ verificationMaterial }) => {
      verificationMaterial.publicKey = { hint: 'mine' };
      delete verificationMaterial.certificate;
    },
    /signed by a key and has no certificate/,
  ],
  [
    'the entry of the log is that of another bundle',
    ({ verificationMaterial }) => {
      verificationMaterial.tlogEntries = other.verificationMaterial.tlogEntries;
    },
    NOT_SIGNED,
  ],
  [
    'the log has no entry of it',
    ({ verificationMaterial }) => {
      verificationMaterial.tlogEntries = [];
    },
    NOT_SIGNED,
  ],
  [
    'the log signed another time',
    (bundle) => {
      entryOf(bundle).integratedTime = String(Number(entryOf(bundle).integratedTime) + 60);
    },
    NOT_SIGNED,
  ],
  [
    'the time is signed by no one',
    (bundle) => {
      delete entryOf(bundle).inclusionPromise;
    },
    /expected 1 timestamps, got 0/,
  ],
  [
    'one bit of the promise of the log is another',
    (bundle) => {
      const promise = entryOf(bundle).inclusionPromise;
      promise.signedEntryTimestamp = flipped(promise.signedEntryTimestamp);
    },
    NOT_SIGNED,
  ],
  [
    'one bit of a hash of the proof is another',
    (bundle) => {
      const proof = entryOf(bundle).inclusionProof;
      proof.hashes[0] = flipped(proof.hashes[0]);
    },
    NOT_SIGNED,
  ],
  [
    'the checkpoint is of a larger log',
    (bundle) => {
      const { checkpoint } = entryOf(bundle).inclusionProof;
      checkpoint.envelope = checkpoint.envelope.replace(/\n(\d+)\n/, '\n9$1\n');
    },
    NOT_SIGNED,
  ],
  [
    'a log that no one knows has the entry',
    (bundle) => {
      entryOf(bundle).logId.keyId = flipped(entryOf(bundle).logId.keyId);
    },
    NOT_SIGNED,
  ],
  [
    'the entry of the log is about another signature',
    (bundle) => {
      const body = JSON.parse(Buffer.from(entryOf(bundle).canonicalizedBody, 'base64').toString());
      body.spec.signatures[0].signature = other.dsseEnvelope.signatures[0].sig;
      entryOf(bundle).canonicalizedBody = Buffer.from(JSON.stringify(body)).toString('base64');
    },
    NOT_SIGNED,
  ],
  [
    'it has more entries than are verified',
    ({ verificationMaterial }) => {
      const [entry] = verificationMaterial.tlogEntries;
      verificationMaterial.tlogEntries = Array.from({ length: 17 }, () => entry);
    },
    /more than 16 log entries/,
  ],
  [
    'the same entry is there twice',
    ({ verificationMaterial: { tlogEntries } }) => tlogEntries.push(tlogEntries[0]),
    /duplicate timestamp/,
  ],
  [
    'its form is one of the future',
    (bundle) => {
      bundle.mediaType = 'application/vnd.dev.sigstore.bundle.v9+json';
    },
    /^is no Sigstore bundle/,
  ],
];

describe("npm's bundle is refused where", () => {
  test.each(MUTATIONS)('%s', async (_, change, detail) => {
    const bundle = parsed('npm-provenance.sigstore.json');
    change(bundle);

    const failures = failuresOf(await check({ ...npm, [BUNDLE]: JSON.stringify(bundle) }, byNpm));

    expect(failures).toEqual([
      {
        ...{ check: 'statement', filename: BUNDLE, line: 1, verdict: 'failed' },
        detail: expect.stringMatching(detail),
      },
      // What does not hold counts for no file.
      {
        ...{ check: 'statement', filename: TARBALL, verdict: 'failed' },
        detail: expect.stringContaining('is attested by no Sigstore bundle of the version'),
      },
    ]);
    expect(failures[0]?.detail).toMatch(/attest the published file again/);
  });

  test.each([
    ['the file has other bytes', { ...npm, [TARBALL]: 'other' }, byNpm, /sha512 849a897e.* has/],
    [
      'another repository signed it',
      npm,
      { ...byNpm, identity: byPypi.identity },
      /^is signed by ".*sigstore-js.*" of ".*", and the channel asks for .*sigstore-python/,
    ],
    [
      'the identity is only the beginning of the one that signed',
      npm,
      { ...byNpm, identity: 'https://github.com/sigstore/sigstore-js/' },
      /^is signed by/,
    ],
    [
      'a dot of the identity would be any letter',
      npm,
      { ...byNpm, identity: byNpm.identity.replace('release.yml', 'release-yml') },
      /^is signed by/,
    ],
    [
      'another issuer proved who signed',
      npm,
      { ...byNpm, issuer: 'https://gitlab.com' },
      /of "https:\/\/token\.actions.*, and the channel asks for .* of https:\/\/gitlab\.com/,
    ],
    [
      'it is an envelope without a certificate',
      { ...npm, [BUNDLE]: JSON.stringify(JSON.parse(String(npm[BUNDLE])).dsseEnvelope) },
      byNpm,
      /^is no Sigstore bundle/,
    ],
    [
      'it has more bytes than are verified',
      { ...npm, [BUNDLE]: ' '.repeat(1024 * 1024) + String(npm[BUNDLE]) },
      byNpm,
      /signatures are verified in files of up to 1048576 bytes/,
    ],
  ])('%s', async (_, files, policy, detail) => {
    const [first] = failuresOf(await check(files, policy));

    expect(first).toMatchObject({ check: 'statement', filename: BUNDLE });
    expect(first?.detail).toMatch(detail);
  });
});

describe('a file that people install is refused where', () => {
  test.each([
    [
      'no bundle is about it',
      { ...npm, 'tool.exe': 'tool' },
      byNpm,
      'tool.exe',
      /is attested by no .* publish tool\.exe\.sigstore\.json with it/,
    ],
    [
      'what is attested is not what the channel asks for',
      npm,
      { ...byNpm, predicateType: 'https://spdx.dev/Document' },
      TARBALL,
      /is attested as https:\/\/slsa\.dev\/provenance\/v1 only, .* as https:\/\/spdx/,
    ],
    [
      'more bundles are in one file than are verified',
      {
        [TARBALL]: npm[TARBALL] ?? '',
        [`${TARBALL}.intoto.jsonl`]: `${JSON.stringify(other.dsseEnvelope)}\n`.repeat(101),
      },
      byPypi,
      TARBALL,
      /is attested by no/,
    ],
  ])('%s', async (_, files, policy, filename, detail) => {
    const failures = failuresOf(await check(files as Contents, policy));

    expect(failures.at(-1)).toMatchObject({ check: 'statement', filename });
    expect(failures.at(-1)?.detail).toMatch(detail);
  });

  test('signed bytes are not its bytes', async () => {
    const bundle = parsed('own/tool.bin.sigstore.json');
    bundle.messageSignature.signature = flipped(bundle.messageSignature.signature);
    const files = {
      'tool.bin': read('own/tool.bin'),
      'tool.bin.sigstore.json': JSON.stringify(bundle),
    };
    const own = { issuer: 'https://ci.example.com', identity: 'https://ci.example.com/app/*' };

    const failures = failuresOf(await check(files, own, read('own/trusted_root.json').toString()));

    expect(failures.map(({ filename }) => filename)).toEqual([
      'tool.bin.sigstore.json',
      'tool.bin',
    ]);
  });
});

test('feeds, lists and signatures beside files need no bundle', async () => {
  const files = { ...npm, 'NOTES.md': 'text', SHA256SUMS: '' } satisfies Contents;

  const failures = failuresOf(await check(files, byNpm));

  expect(failures.filter(({ check: name }) => name === 'statement')).toEqual([]);
});

test('what is no trusted root is refused', async () => {
  for (const text of ['', '{}', '[]', '{"certificateAuthorities": [{}]}'])
    await expect(loadSigstoreVerifier(text)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});

test('a channel that does not ask for it verifies nothing', async () => {
  const policy: ChannelPolicy = {};

  const results = await checkVersion(new MemoryFiles(npm), policy, {
    verify: () => Promise.reject(new Error('asked')),
  });

  expect(results.map(({ verdict }) => verdict)).toEqual(['passed', 'skipped']);
});
