import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a command left behind. */
export interface Printed {
  readonly text: string;
  readonly code: number;
}

/** A reader's terminal: one bash in a folder of its own, so that variables and files live on from command to command. */
export interface Terminal {
  readonly folder: string;
  /** Both streams of a command as a terminal would show them, and its exit code. */
  run(command: string): Promise<Printed>;
  close(): void;
}

export function openTerminal(env: Readonly<Record<string, string>>): Terminal {
  const folder = mkdtempSync(join(tmpdir(), 'janus-docs-'));
  const bash = spawn('bash', ['--noprofile', '--norc'], { cwd: folder, env: { HOME: folder, ...env }, detached: true });
  const script = join(folder, '.command');
  let heard = '';
  let onNews: () => void = () => undefined;
  let over = false;
  bash.stdout.on('data', (chunk: Buffer) => {
    heard += chunk.toString();
    onNews();
  });
  bash.once('close', () => {
    over = true;
    onNews();
  });
  bash.stdin.on('error', () => undefined);
  return {
    folder,
    async run(command) {
      const end = `end-of-${String(Math.random()).slice(2)}`;
      heard = '';
      writeFileSync(script, `${command}\n`);
      bash.stdin.write(`source ${script} </dev/null 2>&1; printf '\\n%s %d\\n' ${end} $?\n`);
      for (;;) {
        const found = new RegExp(`^(?<text>.*)\\n${end} (?<code>\\d+)\\n$`, 's').exec(heard)?.groups;
        if (found !== undefined) return { text: found['text']!, code: Number(found['code']) };
        if (over) throw new Error(`the shell ended: ${heard}`);
        await new Promise<void>((resolve) => (onNews = resolve));
      }
    },
    close() {
      bash.stdin.end();
      try {
        // What a command has left in the background ends with its terminal.
        process.kill(-bash.pid!, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
