export { Audit } from './Audit';
export { Instance } from './Instance';
export { Keys } from './Keys';
export { Members } from './Members';
export { Profile } from './Profile';
export { Sessions } from './Sessions';
export { Settings } from './Settings';
export { WorkspaceSettings } from './WorkspaceSettings';
