//! Clients of networks that other people wrote in Python, for the twins of these networks.

use std::path::PathBuf;

use anyhow::Result;

use super::python;

/// A client.
pub struct Client {
    /// What it is a client of.
    pub title: &'static str,
    /// Where tests find the Python that has it.
    pub variable: &'static str,
    package: (&'static str, &'static str),
}

/// All of them.
pub const CLIENTS: [Client; 6] = [
    Client { title: "Threads", variable: "FANFARE_TEST_THREADS_CLIENT", package: ("threads-client", "0.2.1") },
    Client {
        title: "Instagram",
        variable: "FANFARE_TEST_INSTAGRAM_CLIENT",
        package: ("instagram-platform-sdk", "1.0.0"),
    },
    Client { title: "Facebook", variable: "FANFARE_TEST_FACEBOOK_CLIENT", package: ("facebook-business", "26.0.3") },
    Client { title: "WhatsApp", variable: "FANFARE_TEST_WHATSAPP_CLIENT", package: ("pywa", "4.5.0") },
    Client { title: "Telegram", variable: "FANFARE_TEST_TELEGRAM_CLIENT", package: ("python-telegram-bot", "22.8") },
    Client { title: "LinkedIn", variable: "FANFARE_TEST_LINKEDIN_CLIENT", package: ("linkedin-api-client", "0.3.0") },
];

impl Client {
    /// The Python that has it.
    pub fn install(&self) -> Result<PathBuf> {
        Ok(python::install(self.package.0, self.package.1)?.join("bin/python"))
    }
}
