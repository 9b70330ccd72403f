export { ConnectLink } from './ConnectLink';
export { Join } from './Join';
export { NewPassword } from './NewPassword';
export { NoWorkspace } from './NoWorkspace';
export { Setup } from './Setup';
export { SignIn } from './SignIn';
export { Start } from './Start';
