/** Binds a handler to an operation of the route list, with the types of its contract. */
import type { output, ZodMiniType } from 'zod/mini';
import type { CONTRACT } from '../../api/contract.ts';
import { type Access, type OperationId, ROUTES } from '../../api/routes.ts';
import type { Problem } from '../../api/schemas/problems.ts';
import type { Principal } from '../../core/access/access.ts';
import type { Scope } from '../../core/records.ts';
import type { RolloutGroup } from '../../core/rollouts/audience.ts';
import type { HandlerResult } from '../host/handler.ts';
import type { Services } from '../host/services.ts';
import type { AuditSubject, Headers, OperationCall } from './call.ts';

type ContractOf<Id extends OperationId> = (typeof CONTRACT)[Id];
type AccessOf<Id extends OperationId> = (typeof ROUTES)[Id]['access'];
type BodyOf<Id extends OperationId> =
  ContractOf<Id> extends { readonly body: infer Body extends ZodMiniType }
    ? output<Body>
    : undefined;
type CallerOf<Id extends OperationId> =
  AccessOf<Id> extends 'none'
    ? undefined
    : AccessOf<Id> extends 'public'
      ? Principal | undefined
      : Principal;

/** A request that has been authenticated and parsed: its handler need not check it again. */
export interface OperationRequest<Id extends OperationId> {
  readonly requestId: string;
  readonly method: string;
  /** Of the caller. */
  readonly address: string;
  readonly headers: Headers;
  readonly caller: CallerOf<Id>;
  /** Of public paths: see public-access.ts. */
  readonly lacksToken: boolean;
  /** For the log: answers/rollout.ts. */
  rollout: RolloutGroup | undefined;
  readonly path: output<ContractOf<Id>['path']>;
  readonly query: output<ContractOf<Id>['query']>;
  readonly body: BodyOf<Id>;
  audit(action: string, subject: AuditSubject): void;
}

/** What the chain is built around. `Needs` are the services that the handler uses. */
export interface Operation<Needs = Services> {
  readonly name: string;
  readonly access: Access;
  /** Whose contract parses the request. Absent for unknown routes and wrong methods. */
  readonly id?: OperationId;
  /** Whether the body is read although there is no contract. @default false */
  readonly takesBody?: boolean;
  /** Whether the body may be a form, too. @default false */
  readonly takesForm?: boolean;
  /** The scope that a body needs, where that is more than `access`. @default none */
  readonly scopeFor?: (body: unknown) => Scope;
  readonly handle: (call: OperationCall, services: Needs) => Promise<HandlerResult>;
  /** A problem for people, or undefined for a caller that wants it as JSON. @default JSON */
  readonly problemPage?: (
    problem: { readonly body: Problem; readonly headers: Readonly<Record<string, string>> },
    call: OperationCall,
    services: Needs,
  ) => Promise<HandlerResult | undefined>;
}

/** The cast is safe: the chain parses each request by the contract that gives it its types. */
export function operation<Id extends OperationId, Needs = unknown>(
  id: Id,
  handle: (request: OperationRequest<Id>, services: Needs) => Promise<HandlerResult>,
  options: Pick<Operation, 'takesForm' | 'scopeFor'> = {},
): Operation<Needs> {
  return {
    ...options,
    name: id,
    access: ROUTES[id].access,
    id,
    handle: handle as unknown as Operation<Needs>['handle'],
  };
}
