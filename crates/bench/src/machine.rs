//! What the kernel says about a process: CPU time, memory, wake-ups.

use std::{fs, path::PathBuf, time::Duration};

use anyhow::{Context as _, Result};

/// The unit of the times in `/proc/PID/stat`: `USER_HZ`, 100 on every architecture that Rust's Linux targets run on.
const TICKS_PER_SECOND: u64 = 100;

/// Which process.
#[derive(Debug, Clone, Copy)]
pub enum Process {
    /// This one.
    Own,
    /// Another one.
    Other(u32),
}

impl Process {
    fn file(self, name: &str) -> PathBuf {
        match self {
            Self::Own => PathBuf::from("/proc/self").join(name),
            Self::Other(id) => PathBuf::from(format!("/proc/{id}")).join(name),
        }
    }

    fn text(self, name: &str) -> Result<String> {
        let file = self.file(name);
        fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))
    }

    /// CPU time in user and kernel mode of all threads, also of those that have ended; exact to 10 ms.
    pub fn cpu(self) -> Result<Duration> {
        let text = self.text("stat")?;
        // The second field is the program's name in brackets and may hold blanks.
        let (_, fields) = text.rsplit_once(") ").context("/proc/PID/stat has no name in brackets")?;
        let ticks: u64 = fields.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
        Ok(Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND))
    }

    /// CPU time of the threads that live now, in nanoseconds; finer than [`Process::cpu`], for processes at rest.
    pub fn cpu_of_living(self) -> Result<Duration> {
        let mut sum = 0;
        for thread in self.threads()? {
            // A thread may end between the listing and the reading.
            let text = fs::read_to_string(thread.join("schedstat")).unwrap_or_default();
            sum += text.split(' ').next().and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
        }
        Ok(Duration::from_nanos(sum))
    }

    /// How often its threads went to sleep voluntarily, which is how often they were woken.
    pub fn sleeps(self) -> Result<u64> {
        let mut sum = 0;
        for thread in self.threads()? {
            let text = fs::read_to_string(thread.join("status")).unwrap_or_default();
            sum += number_after(&text, "voluntary_ctxt_switches:").unwrap_or(0);
        }
        Ok(sum)
    }

    fn threads(self) -> Result<Vec<PathBuf>> {
        let folder = self.file("task");
        let entries = fs::read_dir(&folder).with_context(|| format!("{} cannot be read", folder.display()))?;
        Ok(entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect())
    }

    /// Memory in RAM, in bytes.
    pub fn resident(self) -> Result<u64> {
        Ok(number_after(&self.text("status")?, "VmRSS:").unwrap_or(0) * 1_024)
    }

    /// Memory in RAM with shared pages divided among their users, in bytes.
    pub fn proportional(self) -> Result<u64> {
        Ok(number_after(&self.text("smaps_rollup")?, "Pss:").unwrap_or(0) * 1_024)
    }
}

fn number_after(text: &str, label: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(label))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_shows_as_cpu_time() {
        let before = Process::Own.cpu().expect("readable");
        let begun = std::time::Instant::now();
        while begun.elapsed() < Duration::from_millis(60) {
            std::hint::spin_loop();
        }
        assert!(Process::Own.cpu().expect("readable") > before);
        assert!(Process::Own.resident().expect("readable") > 100_000);
    }

    #[test]
    fn a_number_is_found_after_its_label() {
        assert_eq!(
            number_after(
                "Name: a\nnonvoluntary_ctxt_switches: 9\nvoluntary_ctxt_switches:\t7\n",
                "voluntary_ctxt_switches:"
            ),
            Some(7)
        );
    }
}
