/** Text becomes the domain's types: path, query and body are parsed by the contract, and nobody checks them again. */
import type { z } from 'zod';
import type { OperationContract } from '../../api/contract.ts';
import { emptyBody } from '../../api/schemas/requests.ts';
import { ServiceError } from '../../core/errors.ts';
import { describeIssues } from './describe-issues.ts';
import type { Middleware } from './middleware.ts';

/** @throws INVALID_INPUT that names every faulty field of the first of path, query and body that is wrong */
export function validation(contract: OperationContract): Middleware {
  const { path, query, body = emptyBody } = contract;
  return {
    before: ({ event: call }) => {
      call.path = parse('path', path, call.path);
      call.query = parse('query', query, call.query);
      if (call.body !== undefined) call.body = parse('body', body, call.body);
    },
  };
}

function parse(where: string, schema: z.ZodType, input: unknown): unknown {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw new ServiceError('INVALID_INPUT', describeIssues(where, schema, input, result.error.issues));
}
