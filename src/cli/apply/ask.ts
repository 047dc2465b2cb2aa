import { createInterface } from 'node:readline';

/** Whether somebody is there to be asked. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/** What was typed in answer to a question on stderr; undefined for Ctrl-C, Ctrl-D, and where the terminal is gone. */
export function ask(question: string): Promise<string | undefined> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  return new Promise((resolve) => {
    const end = (answer: string | undefined): void => {
      resolve(answer);
      lines.close();
    };
    lines.on('SIGINT', () => {
      process.stderr.write('\n');
      end(undefined);
    });
    lines.on('close', () => end(undefined));
    lines.question(question, (answer) => end(answer.trim()));
  });
}
