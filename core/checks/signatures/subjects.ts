/** What Sigstore bundles and in-toto statements are about: files, by their digests. */
import { fromBase64 } from '../files/base64.ts';
import { type Fault, isFault } from '../parsing/text.ts';
import { field, type Node, textOf } from '../parsing/tree.ts';
import { parseJson } from '../parsing/yaml-text.ts';

/** One file that a statement is about, with at least one of its digests in lower-case hex. */
export interface Subject {
  readonly name?: string | undefined;
  readonly sha256?: string | undefined;
  readonly sha512?: string | undefined;
}

/** @param root a bundle, or an envelope alone */
export function subjectsOf(root: Node): readonly Subject[] | Fault {
  const message = field(field(root, 'messageSignature'), 'messageDigest');
  if (message !== undefined) {
    const digest = fromBase64(textOf(field(message, 'digest')) ?? '');
    if (textOf(field(message, 'algorithm')) !== 'SHA2_256' || digest?.length !== 32)
      return { line: message.line, detail: 'has no messageDigest of 32 bytes by SHA2_256' };
    return [{ sha256: digest.toString('hex') }];
  }
  const envelope = field(root, 'dsseEnvelope') ?? root;
  const payload = field(envelope, 'payload');
  if (payload === undefined)
    return {
      line: root.line,
      detail:
        'is neither a Sigstore bundle nor a DSSE envelope: it has no payload and no messageSignature',
    };
  const bytes = fromBase64(textOf(payload) ?? '');
  if (bytes === undefined) return { line: payload.line, detail: 'has a payload that is no base64' };
  const statement = parseJson(bytes.toString('utf8'));
  if (isFault(statement))
    return { line: payload.line, detail: `its statement ${statement.detail}` };
  return subjectsIn(statement);
}

/** @param statement of in-toto */
export function subjectsIn(statement: Node): readonly Subject[] {
  const list = field(statement, 'subject');
  const items = list?.kind === 'list' ? list.items : [];
  return items.flatMap((item): readonly Subject[] => {
    const digest = field(item, 'digest');
    const sha256 = textOf(field(digest, 'sha256'))?.toLowerCase();
    const sha512 = textOf(field(digest, 'sha512'))?.toLowerCase();
    if (sha256 === undefined && sha512 === undefined) return [];
    return [{ name: textOf(field(item, 'name')), sha256, sha512 }];
  });
}
