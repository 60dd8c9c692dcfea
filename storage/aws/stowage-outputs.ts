/** Which outputs of a stack are those of a Stowage in it. */
import { ServiceError } from '../../core/errors.ts';

/** The outputs that every Stowage has (lib/stowage.ts). */
const ALWAYS = ['ApiUrl', 'TableName', 'BucketName', 'Region'];

/**
 * The outputs of one Stowage among those of a stack: a stack of the app holds one whose outputs
 * have no prefix, another may hold several, whose outputs begin with the id of each.
 * @param id of the Stowage. @default the only one
 * @throws INVALID_INPUT if there are several, NOT_FOUND if there is none with that id
 */
export function outputsOfStowage(
  stackName: string,
  outputs: Readonly<Record<string, string>>,
  id?: string,
): Readonly<Record<string, string>> {
  const ids = Object.keys(outputs)
    .filter((key) => key.endsWith('ApiUrl'))
    .map((key) => key.slice(0, -'ApiUrl'.length))
    .filter((prefix) => ALWAYS.every((name) => `${prefix}${name}` in outputs));
  const wanted = id?.replace(/[^A-Za-z0-9]/g, '');
  const [found = '', ...others] = wanted === undefined ? ids : ids.filter((one) => one === wanted);
  const known = ids.map((one) => (one === '' ? stackName : `${stackName}/${one}`)).join(', ');
  if (others.length > 0) {
    throw new ServiceError(
      'INVALID_INPUT',
      `stack ${stackName} holds several Stowages; name one of them: ${known}`,
    );
  }
  if (wanted !== undefined && !ids.includes(wanted)) {
    throw new ServiceError(
      'NOT_FOUND',
      `stack ${stackName} holds no Stowage ${id}; there are: ${known || 'none'}`,
    );
  }
  const mine = Object.entries(outputs).filter(([key]) => key.startsWith(found));
  return Object.fromEntries(mine.map(([key, value]) => [key.slice(found.length), value]));
}
