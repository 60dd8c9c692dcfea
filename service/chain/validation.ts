/** Text becomes the domain's types: path, query and body are parsed by the contract, and nobody checks them again. */
import type { Access, OperationId } from '../../api/routes.ts';
import type { Call } from './call.ts';
import type { Middleware } from './middleware.ts';
import { isPlainPath } from './plain-path.ts';

type Parser = typeof import('./parse-request.ts').parseRequest;

/** Loaded when it is first needed; a function that needs it in any case imports it, and has it at once. */
let parser: Parser | undefined;

/** @throws INVALID_INPUT that names every faulty field of the first of path, query and body that is wrong */
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

async function loadAndParse(id: OperationId, call: Call): Promise<void> {
  parser = (await import('./parse-request.ts')).parseRequest;
  parser(id, call);
}
