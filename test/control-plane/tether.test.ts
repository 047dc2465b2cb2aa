import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually, processesMentioning, untilNoneMentions } from './processes.ts';
import { scratchFolder } from './scratch.ts';
import { removeAfterwards, startTethered } from './tether.ts';

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** A program that does not end by itself, nor at a polite signal, nor when its input ends. */
const STUBBORN = ['-c', "trap '' TERM INT HUP; : $0; while :; do sleep 0.1; done"];

/** A process that tethers the stubborn program and a folder to itself, and says so by a line. */
async function startParent(mark: string, folder: string) {
  const script = `
    import { startTethered, removeAfterwards } from ${JSON.stringify(join(import.meta.dirname, 'tether.ts'))};
    await removeAfterwards(${JSON.stringify(folder)});
    await startTethered('/bin/sh', ${JSON.stringify([...STUBBORN, mark])});
    process.stdout.write('started');
    setInterval(() => undefined, 1000);
  `;
  const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(parent.stdout, 'data');
  return parent;
}

describe('a tethered program', () => {
  test('dies with its parent, even by SIGKILL, and so does the folder', async () => {
    const mark = `${await scratchFolder()}/mark`;
    const folder = join(await scratchFolder(), 'to-remove');
    await mkdir(join(folder, 'deep'), { recursive: true });
    await writeFile(join(folder, 'deep', 'file'), '');
    const parent = await startParent(mark, folder);
    expect((await processesMentioning(mark)).length).toBeGreaterThanOrEqual(2);
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    await untilNoneMentions(mark);
    await eventually(
      async () => !(await exists(folder)),
      () => 'the folder is still there',
    );
  });

  test('has the process id that the handle says, and tells how it ended', async () => {
    let printed = '';
    const program = await startTethered('/bin/sh', ['-c', 'echo $$; exit 7'], { output: (text) => (printed += text) });
    expect(await program.ended).toBe(7);
    expect(Number(printed)).toBe(program.pid);
    expect(program.running()).toBe(false);
  });

  test('is killed with all that it started', async () => {
    const mark = `${await scratchFolder()}/mark`;
    const program = await startTethered('/bin/sh', ['-c', `sh -c 'while :; do sleep 0.1; done' ${mark}; :`]);
    await eventually(
      async () => (await processesMentioning(mark)).length >= 2,
      () => 'it did not start',
    );
    await program.kill();
    expect(await program.ended).toBe('SIGKILL');
    await untilNoneMentions(mark);
  });

  test('leaves no watcher behind when it ends by itself', async () => {
    const mark = `${await scratchFolder()}/mark`;
    const program = await startTethered('/bin/sh', ['-c', 'exit 0', mark]);
    await program.ended;
    await untilNoneMentions(mark);
    await program.kill();
  });

  test('has a process group of its own, out of reach of Ctrl-C, and nothing to read', async () => {
    let printed = '';
    const program = await startTethered('/bin/sh', ['-c', 'ps -o pgid= -p $$ 2>/dev/null || cut -d" " -f5 /proc/$$/stat; cat'], {
      output: (text) => (printed += text),
    });
    expect(await program.ended).toBe(0);
    expect(Number(printed)).toBe(program.pid);
  });

  test('that cannot be started ends with the shell’s word for it', async () => {
    const program = await startTethered('/no/such/program', []);
    expect(await program.ended).toBe(127);
  });
});

test('a folder is removed on demand, and only that one', async () => {
  const folder = await scratchFolder();
  const [gone, kept] = [join(folder, 'with space'), join(folder, 'with')];
  for (const each of [gone, kept]) await mkdir(each);
  await (
    await removeAfterwards(gone)
  )();
  expect([await exists(gone), await exists(kept)]).toEqual([false, true]);
});
