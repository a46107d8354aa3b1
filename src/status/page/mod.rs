//! The web page: one document with one style sheet and a few modules of JavaScript, all embedded in the program.

/// A file of the page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct PageFile {
    content_type: &'static str,
    text: &'static str,
}

impl PageFile {
    /// Returns the file at a path of the server.
    pub(super) fn at(path: &str) -> Option<Self> {
        FILES.into_iter().find(|(known, _)| *known == path).map(|(_, file)| file)
    }

    /// Returns the `Content-Type`.
    pub(super) fn content_type(self) -> &'static str {
        self.content_type
    }

    /// Returns the content.
    pub(super) fn text(self) -> &'static str {
        self.text
    }
}

const fn html(text: &'static str) -> PageFile {
    PageFile { content_type: "text/html; charset=utf-8", text }
}

const fn css(text: &'static str) -> PageFile {
    PageFile { content_type: "text/css; charset=utf-8", text }
}

const fn script(text: &'static str) -> PageFile {
    PageFile { content_type: "text/javascript; charset=utf-8", text }
}

const fn svg(text: &'static str) -> PageFile {
    PageFile { content_type: "image/svg+xml", text }
}

/// Every file with its path. `page.js` fetches `/status` and renders it by the other modules.
const FILES: [(&str, PageFile); 10] = [
    ("/", html(include_str!("page.html"))),
    ("/page.css", css(include_str!("page.css"))),
    ("/page.js", script(include_str!("page.js"))),
    ("/copy.js", script(include_str!("copy.js"))),
    ("/day.js", script(include_str!("day.js"))),
    ("/filter.js", script(include_str!("filter.js"))),
    ("/problems.js", script(include_str!("problems.js"))),
    ("/rows.js", script(include_str!("rows.js"))),
    ("/words.js", script(include_str!("words.js"))),
    ("/icon.svg", svg(include_str!("icon.svg"))),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_module_that_a_script_imports_is_served() {
        for (path, file) in FILES.into_iter().filter(|(_, file)| file.content_type.starts_with("text/javascript")) {
            for line in file.text.lines().filter(|line| line.starts_with("import ")) {
                let module = line.split('"').nth(1).unwrap();
                let served = PageFile::at(module.strip_prefix('.').unwrap());
                assert!(served.is_some_and(|served| served.text != file.text), "{path}: {line}");
            }
        }
    }
}
