/**
 * The workspace that this tab works in. A tab keeps its own; a new tab begins with the last one chosen anywhere.
 * Nothing is stored until a person chooses: the server then takes the first workspace they joined.
 */
const KEY = 'fanfare.workspace';

let chosen: string | undefined = read();

function read(): string | undefined {
  try {
    return sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY) ?? undefined;
  } catch {
    return undefined;
  }
}

export function chosenWorkspace(): string | undefined {
  return chosen;
}

export function chooseWorkspace(id: string | undefined): void {
  chosen = id;
  try {
    for (const storage of [sessionStorage, localStorage]) {
      if (id) storage.setItem(KEY, id);
      else storage.removeItem(KEY);
    }
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

/** What a request carries. One that belongs to a page of another workspace than is chosen by now names its own. */
export function workspaceHeader(id: string | undefined = chosen): Record<string, string> {
  return id ? { 'fanfare-workspace': id } : {};
}
