/** The fields that requests and answers share, with their rules (for names: core/names.ts). */
import * as z from 'zod/mini';
import type { ChannelName, Ext, PackageId, VersionId } from '../../core/names.ts';
import { EXT, PACKAGE_ID, VERSION_ID } from '../../core/names.ts';
import { INVISIBLE, whyNotFilename } from '../../core/naming/filenames.ts';
import { ARCH, LIBC, OS } from '../../core/platforms.ts';

/** Text that matches the pattern gets the domain's type, so it need not be parsed again. */
function branded<Name extends string>(pattern: RegExp, example: string) {
  return z.pipe(
    z.string().check(z.regex(pattern), z.meta({ example })),
    z.transform((text: string) => text as Name),
  );
}

export const versionId = branded<VersionId>(VERSION_ID, '1.4.0');
export const packageId = branded<PackageId>(PACKAGE_ID, 'linux-x64');
export const channelName = branded<ChannelName>(PACKAGE_ID, 'stable');
export const ext = branded<Ext>(EXT, 'tar.gz');
export const sha256 = z
  .string()
  .check(
    z.regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits'),
    z.meta({ example: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' }),
  );
export const digest = z.string().check(
  z.regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 lower-case hex digits'),
  z.meta({
    example: 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  }),
);
export const timestamp = z.iso.datetime().check(z.meta({ example: '2026-11-22T12:00:00.000Z' }));
export const tokenId = z.string().check(z.regex(/^[a-z0-9]{8,32}$/));

const isWellFormed = (text: string) => text.isWellFormed();
const HALF_CHARACTERS = { error: 'must hold no half characters (lone surrogates)' };

/** A name for people, shown in lists. */
export const title = z.string().check(
  z.minLength(1),
  z.maxLength(128),
  z.refine(isWellFormed, HALF_CHARACTERS),
  z.refine((text: string) => !INVISIBLE.test(text), {
    error: 'must hold no control characters or bidi marks',
  }),
);

export const filename = z.string().check(
  z.check((context) => {
    const why = whyNotFilename(context.value);
    if (why !== undefined)
      context.issues.push({ code: 'custom', message: why, input: context.value });
  }),
  z.meta({ example: 'tool-1.4.0-linux-x64.tar.gz', minLength: 1, maxLength: 255 }),
);

/** A filename or an alias in a request, which need not be one that a new file may have. */
export const name = z.string().check(z.minLength(1), z.maxLength(1024));

export const os = z.enum(OS);
export const arch = z.enum(ARCH);
export const libc = z.enum(LIBC);
export const bundle = z
  .string()
  .check(
    z.regex(/^[a-z0-9]{1,16}$/, 'must be 1 to 16 lower-case letters and digits'),
    z.meta({ example: 'deb' }),
  );

/** RFC 9110 section 8.3.1: `type/subtype`, with parameters. */
const MEDIA_TYPE =
  /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}\/[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}(?: ?; ?[A-Za-z0-9!#$%&'*+.^_`|~-]{1,32}=(?:[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}|"[A-Za-z0-9 !#$%&'()*+,./:;<=>?@[\]^_`{|}~-]{0,64}"))*$/;

export const contentType = z
  .string()
  .check(
    z.maxLength(255),
    z.regex(MEDIA_TYPE, 'must be a media type such as application/gzip'),
    z.meta({ example: 'application/gzip' }),
  );

const METADATA_MAX_BYTES = 2048;

/** Kept in the catalog and returned unchanged. It is not sent to the store. */
export const metadata = z
  .record(z.string().check(z.regex(/^[A-Za-z0-9._-]{1,64}$/)), z.string().check(z.maxLength(1024)))
  .check(
    z.refine((map) => new TextEncoder().encode(JSON.stringify(map)).length <= METADATA_MAX_BYTES, {
      error: `must have at most ${METADATA_MAX_BYTES} bytes as JSON`,
    }),
    z.meta({ example: { commit: '9f2c1d7' } }),
  );

/** What a channel asks of the versions that it is pointed at. */
export const policy = z.strictObject({
  feeds: z.optional(
    z.boolean().check(
      z.meta({
        description:
          'true: everything that is wrong stops the channel; false: nothing is checked; absent: contradictions stop it',
      }),
    ),
  ),
  feedNames: z.optional(
    z
      .array(name)
      .check(
        z.minLength(1),
        z.maxLength(50),
        z.meta({ description: 'further files that are feeds: .yml, .json or .xml' }),
      ),
  ),
  minisign: z.optional(
    z
      .string()
      .check(
        z.minLength(1),
        z.maxLength(1024),
        z.meta({ description: 'the public key of minisign or tauri signer' }),
      ),
  ),
  ed25519: z.optional(
    z
      .string()
      .check(
        z.minLength(1),
        z.maxLength(128),
        z.meta({ description: 'the public key of Sparkle or NetSparkle (SUPublicEDKey)' }),
      ),
  ),
  sigstore: z.optional(
    z
      .strictObject({
        issuer: z.string().check(
          z.minLength(1),
          z.maxLength(512),
          z.meta({
            description: 'who proves the identity of the signer',
            example: 'https://token.actions.githubusercontent.com',
          }),
        ),
        identity: z.string().check(
          z.minLength(1),
          z.maxLength(1024),
          z.meta({
            description:
              'the signer: the URL of a workflow, or an e-mail address; * matches any text in it',
            example: 'https://github.com/example/app/.github/workflows/release.yml@refs/tags/*',
          }),
        ),
        predicateType: z.optional(
          z.string().check(
            z.minLength(1),
            z.maxLength(512),
            z.meta({
              description: 'what the statements must be; absent: anything, signed bytes too',
              example: 'https://slsa.dev/provenance/v1',
            }),
          ),
        ),
      })
      .check(
        z.meta({
          description: 'each file that people install has a Sigstore bundle by this signer',
        }),
      ),
  ),
  requireSealed: z.optional(
    z.boolean().check(z.meta({ description: 'true: the channel takes only sealed versions' })),
  ),
  preferExts: z.optional(
    z.array(ext).check(
      z.minLength(1),
      z.maxLength(20),
      z.meta({
        description: 'which of several files for a platform is meant: the first ext that one has',
      }),
    ),
  ),
});
export const scope = z.enum(['read', 'publish', 'release', 'admin']);

/** What each claim of a token must be: one value or one of several, in which `*` is any text. */
export const claims = z
  .record(
    z.string().check(z.regex(/^[\x21-\x7e]{1,128}$/, 'must be the name of a claim')),
    z.union([
      z.string().check(z.minLength(1), z.maxLength(512)),
      z
        .array(z.string().check(z.minLength(1), z.maxLength(512)))
        .check(z.minLength(1), z.maxLength(20)),
    ]),
  )
  .check(
    z.refine((map) => {
      const { length } = Object.keys(map);
      return length >= 1 && length <= 20;
    }, 'must have 1 to 20 claims'),
    z.meta({ example: { repository: 'acme/tool', ref: 'refs/tags/*' } }),
  );

/** A pattern of versions; `*` is the only wildcard. */
export const versionPattern = z
  .string()
  .check(
    z.regex(
      /^[A-Za-z0-9._+*-]{1,128}$/,
      'may hold what a versionId holds, and * as the only wildcard',
    ),
    z.meta({ example: '1.*' }),
  );
