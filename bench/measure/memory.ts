import { readFile } from 'node:fs/promises';

/** Memory of one process, in MiB. */
export interface Memory {
  readonly resident: number;
  /** The most it ever was. */
  readonly peak: number;
}

/** Reads what the kernel says of the process `pid`; undefined where there is no `/proc` or no such process. */
export async function memoryOf(pid: number): Promise<Memory | undefined> {
  try {
    return parseStatus(await readFile(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Reads `VmRSS` and `VmHWM` out of `/proc/<pid>/status` (proc_pid_status(5)); undefined where one is missing. */
export function parseStatus(status: string): Memory | undefined {
  const resident = kibibytes(status, 'VmRSS');
  const peak = kibibytes(status, 'VmHWM');
  return resident === undefined || peak === undefined ? undefined : { resident: resident / 1024, peak: peak / 1024 };
}

function kibibytes(status: string, field: string): number | undefined {
  const match = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}
