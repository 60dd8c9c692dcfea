/** The part of postject that is used here; the package has no types. */
declare module 'postject' {
  export function inject(
    path: string,
    resource: string,
    data: Buffer,
    options: { readonly sentinelFuse: string },
  ): Promise<void>;
}
