/** The files of a drop, those in dropped folders included. */

export async function droppedFiles(data: DataTransfer): Promise<readonly File[]> {
  // The list is gone after the first await, so entries are taken before.
  const found = [...data.items]
    .filter(({ kind }) => kind === 'file')
    .map((item) => item.webkitGetAsEntry() ?? item.getAsFile());
  const files = await Promise.all(
    found.map(async (one) => (one === null ? [] : one instanceof File ? [one] : filesIn(one))),
  );
  return files.flat();
}

async function filesIn(entry: FileSystemEntry): Promise<readonly File[]> {
  if (entry.isFile) {
    const one = entry as FileSystemFileEntry;
    return [await new Promise<File>((resolve, reject) => one.file(resolve, reject))];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const files: File[] = [];
  for (;;) {
    // Browsers return a folder in batches, and an empty one at its end.
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (batch.length === 0) return files;
    for (const child of batch) files.push(...(await filesIn(child)));
  }
}
