import * as vscode from 'vscode';
import { LanguageClient, State as ClientState } from 'vscode-languageclient/node';
import { find } from './binary';
import { DOCUMENTS } from './languages';
import type { Status } from './status';

/** Settings that need a new process: which program it is. All others reach the running server. */
const NEEDS_RESTART = 'weir.path';

/** The language server's process and the conversation with it. */
export class Server implements vscode.Disposable {
  /** Everything the server and the client say; *Trace* as its level shows the messages as well. */
  readonly log = vscode.window.createOutputChannel('Weir', { log: true });
  private client: LanguageClient | undefined;
  /** What starts and stops it, one after the other: two at once would leave two servers, and every finding twice. */
  private turn: Promise<void> = Promise.resolve();
  private readonly subscription: vscode.Disposable;

  constructor(private readonly status: Status) {
    this.subscription = vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(NEEDS_RESTART)) {
        void this.restart();
      }
    });
  }

  restart(): Promise<void> {
    return this.inTurn(async () => {
      await this.end();
      await this.begin();
    });
  }

  start(): Promise<void> {
    return this.inTurn(() => this.begin());
  }

  stop(): Promise<void> {
    return this.inTurn(() => this.end());
  }

  private inTurn(what: () => Promise<void>): Promise<void> {
    const done = this.turn.then(what);
    // Whoever asked is told of a failure; the next one is not kept from its turn by it.
    this.turn = done.catch(() => undefined);
    return done;
  }

  private async begin(): Promise<void> {
    this.status.set('starting');
    const binary = await find();
    if ('problem' in binary) {
      this.status.set('missing');
      this.log.error(binary.problem);
      void askForBinary(binary.problem);
      return;
    }
    this.log.info(`starting ${binary.path}`);
    // Without `transport` it is standard input and output, and no `--stdio` is added.
    const client = new LanguageClient('weir', 'Weir', { command: binary.path, args: ['lsp'] }, {
      documentSelector: DOCUMENTS,
      outputChannel: this.log,
      traceOutputChannel: this.log,
      initializationOptions: () => vscode.workspace.getConfiguration('weir'),
      synchronize: { configurationSection: 'weir' },
    });
    this.client = client;
    client.onDidChangeState(({ newState }) => {
      if (this.client === client) {
        this.status.set(STATES[newState]);
      }
    });
    try {
      await client.start();
    } catch (error) {
      // The client has told the user.
      this.log.error(`cannot start: ${String(error)}`);
      this.status.set('stopped');
    }
  }

  private async end(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    await client?.dispose();
  }

  /** Whether the server looks at a folder's files that are not open by itself. */
  scansWorkspace(folder: vscode.WorkspaceFolder): boolean {
    const wanted = vscode.workspace.getConfiguration('weir', folder).get<boolean | null>('workspace') ?? true;
    return wanted && (this.client?.initializeResult?.capabilities.diagnosticProvider?.workspaceDiagnostics ?? false);
  }

  dispose(): void {
    this.subscription.dispose();
    this.log.dispose();
  }
}

const STATES = {
  [ClientState.Starting]: 'starting',
  [ClientState.StartFailed]: 'stopped',
  [ClientState.Running]: 'running',
  [ClientState.Stopped]: 'stopped',
} as const;

async function askForBinary(problem: string): Promise<void> {
  const howTo = 'How to Install';
  const setting = 'Open Setting';
  const chosen = await vscode.window.showErrorMessage(`Weir cannot start. ${problem}`, howTo, setting);
  if (chosen === howTo) {
    await vscode.commands.executeCommand('workbench.action.openWalkthrough', 'weir.weir#start', false);
  } else if (chosen === setting) {
    await vscode.commands.executeCommand('workbench.action.openSettings', 'weir.path');
  }
}
