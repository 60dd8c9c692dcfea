/** The tag that a yanked package's object bears, where the store knows tags: who tags and who refuses to read must agree on it. */
export const YANK_TAG = { key: 'stowage-yanked', value: 'true' } as const;
