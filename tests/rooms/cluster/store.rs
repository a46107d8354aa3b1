//! The model's objects: versions, owners of fields, rights and limits, by observations of a real API server of version 1.37.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

/// A request that the model has read.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) token: String,
    pub(crate) content_type: String,
    pub(crate) body: Value,
}

#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Namespace {
    #[default]
    Active,
    Ending,
    Missing,
}

/// All objects of the namespace `shop`.
pub(crate) struct Store {
    pub(crate) namespace: Namespace,
    /// Rights that are taken away: verb and resource.
    pub(crate) forbidden: BTreeSet<(&'static str, &'static str)>,
    objects: BTreeMap<String, Object>,
    version: u64,
}

/// An object as its fields, such as `data.token`.
#[derive(Clone, PartialEq, Default)]
struct Object {
    uid: String,
    version: u64,
    fields: BTreeMap<String, Value>,
    owners: BTreeMap<String, BTreeSet<String>>,
}

type Handled = Result<(u16, Value), (u16, Value)>;

impl Default for Store {
    fn default() -> Self {
        Self { namespace: Namespace::default(), forbidden: BTreeSet::new(), objects: BTreeMap::new(), version: 1 }
    }
}

impl Store {
    /// Changes fields by another manager, as `kubectl edit` does; makes the object if it is not there.
    pub(crate) fn edit(&mut self, path: &str, manager: &str, fields: &[(&str, Value)]) {
        self.version += 1;
        let object = self.objects.entry(path.to_owned()).or_default();
        if object.uid.is_empty() {
            object.uid = format!("uid-{}", self.version);
        }
        object.version = self.version;
        for (field, value) in fields {
            object.owners.values_mut().for_each(|owned| owned.retain(|name| name != field));
            object.owners.entry(manager.to_owned()).or_default().insert((*field).to_owned());
            object.fields.insert((*field).to_owned(), value.clone());
        }
    }

    pub(crate) fn delete(&mut self, path: &str) {
        self.objects.remove(path);
    }

    /// Returns a field of an object.
    pub(crate) fn field(&self, path: &str, field: &str) -> Option<&Value> {
        self.objects.get(path)?.fields.get(field)
    }

    pub(crate) fn version_of(&self, path: &str) -> u64 {
        self.objects[path].version
    }

    pub(crate) fn handle(&mut self, request: &Request) -> (u16, Value) {
        let handled = match (request.method.as_str(), request.content_type.as_str()) {
            ("GET", _) => self.get(&request.path),
            ("PATCH", "application/apply-patch+yaml") => self.apply(request),
            ("PATCH", "application/merge-patch+json") => self.merge(request),
            ("PUT", "application/json") => self.put(request),
            _ => Err((415, status(415, "UnsupportedMediaType", "of the model", &json!({})))),
        };
        handled.unwrap_or_else(|refused| refused)
    }

    fn get(&self, path: &str) -> Handled {
        self.allow("get", path)?;
        let object = self.objects.get(path).ok_or_else(|| not_found(path))?;
        Ok((200, object.json(path)))
    }

    fn apply(&mut self, request: &Request) -> Handled {
        let path = &request.path;
        self.allow("patch", path)?;
        let before = self.objects.get(path).cloned();
        let mut object = self.fenced(path, &request.body["metadata"], before.clone())?;
        let manager = parameter(request, "fieldManager");
        let wanted = fields_of(&request.body);
        let mut conflicts = Vec::new();
        for (field, value) in &wanted {
            let is_same = object.fields.get(field) == Some(value);
            for (other, owned) in &mut object.owners {
                if *other != manager && owned.contains(field) && !is_same {
                    if parameter(request, "force") == "true" {
                        owned.remove(field);
                    } else {
                        conflicts.push(json!({
                            "reason": "FieldManagerConflict",
                            "message": format!("conflict with \"{other}\" using v1"),
                            "field": format!(".{field}"),
                        }));
                    }
                }
            }
        }
        if !conflicts.is_empty() {
            let message = format!("Apply failed with {} conflicts", conflicts.len());
            return Err((409, status(409, "Conflict", &message, &json!({"causes": conflicts}))));
        }
        let had = object.owners.insert(manager, wanted.keys().cloned().collect()).unwrap_or_default();
        for field in had.difference(&wanted.keys().cloned().collect()) {
            if !object.owners.values().any(|owned| owned.contains(field)) {
                object.fields.remove(field);
            }
        }
        object.fields.extend(wanted);
        self.store(request, before.as_ref(), object)
    }

    fn put(&mut self, request: &Request) -> Handled {
        let path = &request.path;
        self.allow("update", path)?;
        let before = self.objects.get(path).cloned();
        let version = request.body["metadata"]["resourceVersion"].as_str().unwrap_or("0");
        if before.is_some() && version == "0" {
            let cause = json!([{"reason": "FieldValueInvalid", "field": "metadata.resourceVersion", "message": "must be specified for an update"}]);
            return Err((
                422,
                status(422, "Invalid", "metadata.resourceVersion: Invalid value", &json!({"causes": cause})),
            ));
        }
        let fenced = self.fenced(path, &request.body["metadata"], before.clone())?;
        let fields = fields_of(&request.body);
        let owners = BTreeMap::from([(parameter(request, "fieldManager"), fields.keys().cloned().collect())]);
        self.store(request, before.as_ref(), Object { fields, owners, ..fenced })
    }

    fn merge(&mut self, request: &Request) -> Handled {
        let path = &request.path;
        self.allow("patch", path)?;
        let before = self.objects.get(path).cloned().ok_or_else(|| not_found(path))?;
        let mut object = before.clone();
        object.fields.insert("spec".to_owned(), request.body["spec"].clone());
        self.store(request, Some(&before), object)
    }

    /// Checks identity and version, and whether an object can be created; returns the object that is there, or a new one.
    fn fenced(&self, path: &str, metadata: &Value, before: Option<Object>) -> Result<Object, (u16, Value)> {
        let conflict = || {
            let message = "the object has been modified; please apply your changes to the latest version and try again";
            (409, status(409, "Conflict", message, &json!({"kind": resource(path)})))
        };
        let version = metadata["resourceVersion"].as_str().map_or(0, |version| version.parse().unwrap());
        let uid = metadata["uid"].as_str();
        match before {
            Some(object) => {
                let is_another = uid.is_some_and(|uid| uid != object.uid) || version != 0 && version != object.version;
                if is_another { Err(conflict()) } else { Ok(object) }
            }
            None if uid.is_some() => Err(conflict()),
            None => {
                self.allow("create", path)?;
                match self.namespace {
                    Namespace::Active => Ok(Object { uid: format!("uid-{}", self.version + 1), ..Object::default() }),
                    Namespace::Missing => {
                        let about = json!({"kind": "namespaces", "name": "shop"});
                        Err((404, status(404, "NotFound", "namespaces \"shop\" not found", &about)))
                    }
                    Namespace::Ending => {
                        let cause = json!({"causes": [{"reason": "NamespaceTerminating", "message": "namespace shop is being terminated", "field": "metadata.namespace"}]});
                        let message = "secrets \"tokens\" is forbidden: unable to create new content in namespace shop because it is being terminated";
                        Err((403, status(403, "Forbidden", message, &cause)))
                    }
                }
            }
        }
    }

    fn store(&mut self, request: &Request, before: Option<&Object>, mut object: Object) -> Handled {
        if let Some(before) = before {
            let is_same = |prefix: &str| {
                let of = |object: &Object| -> Vec<_> {
                    object.fields.clone().into_iter().filter(|(field, _)| field.starts_with(prefix)).collect()
                };
                of(before) == of(&object)
            };
            if before.fields.get("immutable") == Some(&json!(true)) && !is_same("data.") {
                return Err(invalid(
                    "data",
                    "FieldValueForbidden",
                    "Forbidden: field is immutable when `immutable` is set",
                ));
            }
            if before.fields.contains_key("type") && !is_same("type") {
                return Err(invalid("type", "FieldValueInvalid", "Invalid value: \"Opaque\": field is immutable"));
            }
        }
        let bytes = |prefix: &str| -> usize {
            let values = object.fields.iter().filter(|(field, _)| field.starts_with(prefix));
            values.filter_map(|(_, value)| Some(value.as_str()?.len())).sum()
        };
        if bytes("data.") * 3 / 4 > 1 << 20 {
            return Err(invalid("data", "FieldValueTooLong", "Too long: may not be more than 1048576 bytes"));
        }
        if bytes("metadata.annotations.") > 256 << 10 {
            return Err(invalid(
                "metadata.annotations",
                "FieldValueTooLong",
                "Too long: may not be more than 262144 bytes",
            ));
        }
        let code = if before.is_some() { 200 } else { 201 };
        if before == Some(&object) {
            return Ok((code, object.json(&request.path)));
        }
        if parameter(request, "dryRun") != "All" {
            self.version += 1;
            object.version = self.version;
            self.objects.insert(request.path.clone(), object.clone());
        }
        Ok((code, object.json(&request.path)))
    }

    fn allow(&self, verb: &'static str, path: &str) -> Result<(), (u16, Value)> {
        let (resource, name) = (resource(path), path.rsplit('/').next().unwrap());
        if !self.forbidden.iter().any(|(of, on)| *of == verb && *on == resource) {
            return Ok(());
        }
        let message = format!(
            "{resource} \"{name}\" is forbidden: User \"system:serviceaccount:shop:tokenwell\" cannot {verb} resource \"{resource}\" in API group \"\" in the namespace \"shop\""
        );
        Err((403, status(403, "Forbidden", &message, &json!({"name": name, "kind": resource}))))
    }
}

impl Object {
    fn json(&self, path: &str) -> Value {
        let kind = match resource(path).as_str() {
            "secrets" => "Secret",
            "leases" => "Lease",
            _ => "Workload",
        };
        let mut object = json!({"kind": kind, "metadata": {"uid": self.uid}});
        if self.version > 0 {
            object["metadata"]["resourceVersion"] = self.version.to_string().into();
        }
        for (field, value) in &self.fields {
            let mut place = &mut object;
            for part in parts(field) {
                place = &mut place[part];
            }
            *place = value.clone();
        }
        let owners = self.owners.iter().map(|(manager, owned)| {
            let keys = owned.iter().filter_map(|field| field.strip_prefix("data."));
            let keys: Map<_, _> = keys.map(|key| (format!("f:{key}"), json!({}))).collect();
            json!({"manager": manager, "operation": "Apply", "fieldsType": "FieldsV1", "fieldsV1": {"f:data": keys}})
        });
        object["metadata"]["managedFields"] = owners.collect();
        object
    }
}

/// Returns an object of the API that refuses a request.
pub(crate) fn status(code: u16, reason: &str, message: &str, details: &Value) -> Value {
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message, "reason": reason, "details": details, "code": code})
}

pub(crate) fn encoded(text: &str) -> Value {
    STANDARD.encode(text).into()
}

/// Returns the fields of an object, each with the parts of its name joined.
fn fields_of(body: &Value) -> BTreeMap<String, Value> {
    let mut fields = BTreeMap::new();
    for map in ["metadata.labels", "metadata.annotations", "data"] {
        let found = map.split('.').try_fold(body, |place, part| place.get(part)).and_then(Value::as_object);
        for (name, value) in found.into_iter().flatten() {
            fields.insert(format!("{map}.{name}"), value.clone());
        }
    }
    for whole in ["type", "spec"] {
        if let Some(value) = body.get(whole) {
            fields.insert(whole.to_owned(), value.clone());
        }
    }
    fields
}

/// Divides the name of a field. The last part may have dots.
fn parts(field: &str) -> Vec<&str> {
    let known = ["metadata.labels.", "metadata.annotations.", "data."];
    match known.iter().find(|known| field.starts_with(*known)) {
        Some(known) => known.trim_end_matches('.').split('.').chain([&field[known.len()..]]).collect(),
        None => vec![field],
    }
}

fn parameter(request: &Request, name: &str) -> String {
    let pairs = request.query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_owned()).unwrap_or_default()
}

fn resource(path: &str) -> String {
    path.rsplit('/').nth(1).unwrap().to_owned()
}

fn not_found(path: &str) -> (u16, Value) {
    (404, status(404, "NotFound", "not found", &json!({"kind": resource(path)})))
}

fn invalid(field: &str, reason: &str, message: &str) -> (u16, Value) {
    let causes = json!({"causes": [{"reason": reason, "message": message, "field": field}]});
    (422, status(422, "Invalid", &format!("Secret \"tokens\" is invalid: {field}: {message}"), &causes))
}
