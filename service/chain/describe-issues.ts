/** Describes what a validation found: each wrong field, what is allowed, and what was sent. */
import * as z from 'zod/mini';
import { shorten } from '../../core/errors.ts';

type Issue = z.core.$ZodIssue;

/** A body may be wrong in a thousand places; the first few are enough to start with. */
const ISSUES_NAMED = 10;

export function describeIssues(
  where: string,
  schema: z.ZodMiniType,
  input: unknown,
  issues: readonly Issue[],
): string {
  const faults = withoutEchoes(issues);
  const named = faults.slice(0, ISSUES_NAMED).map((issue) => describe(where, schema, input, issue));
  const more = faults.length - named.length;
  return named.join('; ') + (more > 0 ? `; and ${more} more faults` : '');
}

/**
 * Keeps the first issue of a field where others only repeat it: a value of the wrong type breaks
 * other rules too, and a rule can be reported twice (`z.int()` has bounds of its own).
 */
function withoutEchoes(issues: readonly Issue[]): readonly Issue[] {
  const seen = new Set<string>();
  return issues.filter((issue) => {
    const place = JSON.stringify(issue.path);
    const rule = `${place} ${issue.code} ${saysItself(issue) ? issue.message : ''}`;
    if (seen.has(place) || seen.has(rule)) return false;
    seen.add(issue.code === 'invalid_type' ? place : rule);
    return true;
  });
}

function describe(where: string, schema: z.ZodMiniType, input: unknown, issue: Issue): string {
  const name = nameOf(where, issue.path);
  if (issue.code === 'unrecognized_keys') {
    const unknown = issue.keys.slice(0, ISSUES_NAMED).map(shorten).join(', ');
    return `${name} has unknown fields ${unknown}; allowed are ${fieldsAt(schema, issue.path).join(', ') || 'none'}`;
  }
  if (issue.code === 'invalid_key')
    return `${name} is no name for an entry, it must be ${allowed(issue.issues[0] ?? issue)}`;
  if (issue.message.endsWith('is required')) return issue.message;
  const got = valueAt(input, issue.path);
  if (got === undefined && issue.code === 'invalid_type')
    return `${name} is missing, it must be ${allowed(issue)}`;
  return `${name} ${saysItself(issue) ? issue.message : `must be ${allowed(issue)}`}, got ${quote(got)}`;
}

/** Whether the message was written in our schemas. Zod's own messages are replaced. */
function saysItself(issue: Issue): boolean {
  return issue.message.startsWith('must ') || issue.message.startsWith('may ');
}

function allowed(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'int' ? 'a whole number' : `of type ${issue.expected}`;
    case 'too_small':
      return `at least ${issue.minimum} ${unitOf(issue.origin)}`.trim();
    case 'too_big':
      return `at most ${issue.maximum} ${unitOf(issue.origin)}`.trim();
    case 'invalid_format':
      return issue.format === 'regex' && issue.pattern !== undefined
        ? `text that matches ${issue.pattern}`
        : `text in the form of ${issue.format}`;
    case 'invalid_value':
      return `one of ${issue.values.map(String).join(', ')}`;
    default:
      return 'valid';
  }
}

function unitOf(origin: string): string {
  return origin === 'string' ? 'characters long' : origin === 'array' ? 'entries long' : '';
}

function nameOf(where: string, path: readonly PropertyKey[]): string {
  if (path.length === 0) return `the ${where}`;
  return path
    .map((step, index) =>
      typeof step === 'number' ? `[${step}]` : `${index > 0 ? '.' : ''}${shortName(String(step))}`,
    )
    .join('');
}

/** The caller chooses the names in a map, so they may be long or unprintable. */
function shortName(name: string): string {
  return /^\w{1,64}$/.test(name) ? name : shorten(name);
}

/** The fields of the object at a place within what the schema describes. */
function fieldsAt(schema: unknown, [step, ...rest]: readonly PropertyKey[]): readonly string[] {
  const inner = unwrapped(schema);
  if (inner instanceof z.ZodMiniArray) return fieldsAt(inner._zod.def.element, rest);
  if (!(inner instanceof z.ZodMiniObject)) return [];
  const shape: Readonly<Record<PropertyKey, unknown>> = inner.shape;
  return step === undefined ? Object.keys(shape) : fieldsAt(shape[step], rest);
}

function unwrapped(schema: unknown): unknown {
  return schema instanceof z.ZodMiniOptional || schema instanceof z.ZodMiniDefault
    ? unwrapped(schema._zod.def.innerType)
    : schema;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step))
      return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}

function quote(value: unknown): string {
  if (typeof value === 'string') return shorten(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
