/** Measures how long the disk takes to make appended bytes durable. */
import type { AppendFile, Disk } from '../queue/files.ts';

/** The same disk; `synced` is told the milliseconds of each fdatasync of a new file that succeeds. */
export function timedDisk(disk: Disk, synced: (milliseconds: number) => void): Disk {
  return { ...disk, create: async (path) => timed(await disk.create(path), synced) };
}

function timed(file: AppendFile, synced: (milliseconds: number) => void): AppendFile {
  return {
    append: (buffers) => file.append(buffers),
    sync: async () => {
      const begun = performance.now();
      await file.sync();
      synced(performance.now() - begun);
    },
    truncate: (length) => file.truncate(length),
    close: () => file.close(),
  };
}
