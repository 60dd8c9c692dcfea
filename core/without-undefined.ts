/**
 * Optional properties: with `exactOptionalPropertyTypes` they are left out, not set to undefined.
 */

/** `T` with every property that may be undefined made optional instead. */
type WithoutUndefined<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/**
 * A copy of `properties` without those that are undefined.
 *
 * @example record({ key, ...withoutUndefined({ filename, yankedAt: record.yankedAt?.toISOString() }) })
 */
export function withoutUndefined<const T extends object>(properties: T): WithoutUndefined<T> {
  const entries = Object.entries(properties).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as WithoutUndefined<T>;
}
