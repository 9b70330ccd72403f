// The part of the network's script that an embedded sign-up needs: FB.init and FB.login with a configuration.
(() => {
  const home = new URL(document.currentScript.src).origin;
  let app = {};
  window.FB = {
    init(options) {
      app = options;
    },
    login(done, options = {}) {
      const address = new URL("/dialog/oauth", home);
      const asked = {
        client_id: app.appId,
        config_id: options.config_id,
        response_type: options.response_type,
        override_default_response_type: options.override_default_response_type,
        extras: JSON.stringify(options.extras ?? {}),
        redirect_uri: `${home}/connect/arbiter`,
        display: "popup",
      };
      for (const [name, value] of Object.entries(asked)) {
        if (value !== undefined) address.searchParams.set(name, value);
      }
      const hear = (event) => {
        if (event.origin !== home || typeof event.data?.arbiter !== "object") return;
        window.removeEventListener("message", hear);
        const { code } = event.data.arbiter;
        done(
          code
            ? { status: "connected", authResponse: { code, userID: null, expiresIn: null } }
            : { status: "unknown", authResponse: null },
        );
      };
      window.addEventListener("message", hear);
      window.open(address, "sign-up", "width=600,height=760");
    },
  };
  window.fbAsyncInit?.();
})();
