import i18next from 'i18next';
import { chosenWorkspace } from './workspace';

/** The zones of the person's workspaces, in which their pages show times. */
let zones = new Map<string, string>();

export function knowZones(workspaces: { id: string; zone: string }[]): void {
  zones = new Map(workspaces.map(({ id, zone }) => [id, zone]));
}

/**
 * Who reads the answers: the server says its sentences in the app's language, and the times in them in the zone that the page
 * shows, which is the workspace's. Before anyone is signed in it is the browser's, and only acts name it: what is merely read has no
 * sentence with a time, and a browser takes longer to find its zone than to draw the sign-in page.
 */
export function readerHeaders(
  workspace: string | undefined = chosenWorkspace(),
  isAct: boolean = false,
): Record<string, string> {
  const { language } = i18next;
  const [first] = zones.values();
  const known = zones.get(workspace ?? '') ?? first;
  const zone = known ?? (isAct ? Intl.DateTimeFormat().resolvedOptions().timeZone : undefined);
  return { ...(language ? { 'accept-language': language } : {}), ...(zone ? { 'time-zone': zone } : {}) };
}
