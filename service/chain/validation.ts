/** Parses path, query and body by the contract, so that handlers get the domain's types. */
import type { Access, OperationId } from '../../api/routes.ts';
import type { OperationCall } from './call.ts';
import type { Middleware } from './middleware.ts';
import { isPlainPath } from './plain-path.ts';

type Parser = typeof import('./parse-request.ts').parseRequest;

/** Loaded at its first use. A function that always needs it imports parse-request.ts itself. */
let parser: Parser | undefined;

/** @throws INVALID_INPUT with the wrong fields of the first of path, query and body that is wrong */
export function validation(id: OperationId, access: Access): Middleware {
  return {
    before: ({ event: call }) => {
      if (
        access === 'public' &&
        call.body === undefined &&
        isPlainPath(call.event.pathParameters ?? {})
      )
        return;
      if (parser === undefined) return loadAndParse(id, call);
      parser(id, call);
    },
  };
}

async function loadAndParse(id: OperationId, call: OperationCall): Promise<void> {
  parser = (await import('./parse-request.ts')).parseRequest;
  parser(id, call);
}
