#include <algorithm>
#include <string>

#include "lib/cel/syntax.hpp"
#include "lib/cel/token.hpp"

namespace berth::cel {

std::string_view to_string(Type type) {
  switch (type) {
  case Type::Bool: return "bool";
  case Type::Int: return "int";
  case Type::String: return "string";
  case Type::Strings: return "map(string, string)";
  case Type::Ints: return "map(string, int)";
  }
  return "";
}

namespace {

bool is_map(Type type) {
  return type == Type::Strings || type == Type::Ints;
}
Type element_of(Type map) {
  return map == Type::Ints ? Type::Int : Type::String;
}

class Checker {
public:
  Checker(Tree& tree, const Schema& schema) : tree_(tree), schema_(schema) {}

  Result<Type> type_of(NodeId id);

private:
  Result<Type> select(Node& node);
  Result<Type> index(const Node& node);
  Result<Type> compare(const Node& node);
  Result<Type> contained(const Node& node);
  Result<Type> conditional(const Node& node);
  Result<Type> all(const Node& node, Type wanted, Type result);
  [[nodiscard]] std::string fields_text() const;

  Tree& tree_;
  const Schema& schema_;
};

Result<Type> Checker::type_of(NodeId id) {
  Node& node = tree_.nodes[id];
  switch (node.op) {
  case Op::Bool: return Type::Bool;
  case Op::Int: return Type::Int;
  case Op::String: return Type::String;
  case Op::Variable:
    if (node.text != schema_.variable)
      return fail(
          fault_at(node.position, "unknown name " + node.text + "; there is " + schema_.variable));
    return fail(fault_at(node.position, node.text + " needs a field: " + fields_text()));
  case Op::Select: return select(node);
  case Op::Index: return index(node);
  case Op::Has: BERTH_CHECK(type_of(node.args[0])); return Type::Bool;
  case Op::Not:
  case Op::And:
  case Op::Or: return all(node, Type::Bool, Type::Bool);
  case Op::StartsWith:
  case Op::EndsWith:
  case Op::Contains: return all(node, Type::String, Type::Bool);
  case Op::In: return contained(node);
  case Op::Conditional: return conditional(node);
  case Op::List: return fail(fault_at(node.position, "a list can only stand to the right of 'in'"));
  default: return compare(node);
  }
}

std::string Checker::fields_text() const {
  std::string text;
  for (const auto& field : schema_.fields)
    text += (text.empty() ? "" : ", ") + schema_.variable + "." + field.name;
  return text;
}

Result<Type> Checker::select(Node& node) {
  const Node& of = tree_[node.args[0]];
  if (of.op == Op::Variable && of.text == schema_.variable) {
    const auto field = std::ranges::find(schema_.fields, node.text, &Schema::Field::name);
    if (field == schema_.fields.end())
      return fail(fault_at(node.position, "unknown field " + of.text + "." + node.text +
                                              "; there are " + fields_text()));
    node.number = field - schema_.fields.begin();
    return field->type;
  }
  BERTH_TRY(const Type type, type_of(node.args[0]));
  if (!is_map(type))
    return fail(
        fault_at(node.position, std::string(to_string(type)) + " has no field " + node.text));
  return element_of(type);
}

Result<Type> Checker::index(const Node& node) {
  BERTH_TRY(const Type of, type_of(node.args[0]));
  BERTH_TRY(const Type key, type_of(node.args[1]));
  if (!is_map(of))
    return fail(
        fault_at(node.position, std::string(to_string(of)) + " cannot be indexed; only maps can"));
  if (key != Type::String)
    return fail(fault_at(tree_[node.args[1]].position,
                         "a key must be a string, not " + std::string(to_string(key))));
  return element_of(of);
}

Result<Type> Checker::compare(const Node& node) {
  BERTH_TRY(const Type left, type_of(node.args[0]));
  BERTH_TRY(const Type right, type_of(node.args[1]));
  if (left != right)
    return fail(fault_at(node.position, std::string(to_string(left)) + " cannot be compared with " +
                                            std::string(to_string(right))));
  const bool is_equality = node.op == Op::Equal || node.op == Op::NotEqual;
  if (is_map(left) || (left == Type::Bool && !is_equality))
    return fail(fault_at(node.position, "values of type " + std::string(to_string(left)) +
                                            " have no " + (is_equality ? "equality" : "order") +
                                            " here"));
  return Type::Bool;
}

Result<Type> Checker::contained(const Node& node) {
  BERTH_TRY(const Type sought, type_of(node.args[0]));
  const Node& in = tree_[node.args[1]];
  if (in.op == Op::List) {
    if (is_map(sought))
      return fail(fault_at(node.position, "a map cannot be in a list"));
    for (const NodeId element : in.args) {
      BERTH_TRY(const Type type, type_of(element));
      if (type != sought)
        return fail(fault_at(tree_[element].position, "the list must hold values of type " +
                                                          std::string(to_string(sought)) +
                                                          ", not " + std::string(to_string(type))));
    }
    return Type::Bool;
  }
  BERTH_TRY(const Type type, type_of(node.args[1]));
  if (!is_map(type) || sought != Type::String)
    return fail(fault_at(node.position, "'in' needs a list, or a map and a string as its key"));
  return Type::Bool;
}

Result<Type> Checker::conditional(const Node& node) {
  BERTH_TRY(const Type condition, type_of(node.args[0]));
  BERTH_TRY(const Type then, type_of(node.args[1]));
  BERTH_TRY(const Type otherwise, type_of(node.args[2]));
  if (condition != Type::Bool)
    return fail(fault_at(node.position, "what stands before '?' must be a bool"));
  if (then != otherwise)
    return fail(fault_at(node.position, "both sides of ':' must have the same type"));
  return then;
}

Result<Type> Checker::all(const Node& node, Type wanted, Type result) {
  for (const NodeId arg : node.args) {
    BERTH_TRY(const Type type, type_of(arg));
    if (type != wanted)
      return fail(fault_at(tree_[arg].position, "expected " + std::string(to_string(wanted)) +
                                                    ", found " + std::string(to_string(type))));
  }
  return result;
}

} // namespace

Result<Type> check(Tree& tree, const Schema& schema) {
  return Checker(tree, schema).type_of(tree.root);
}

} // namespace berth::cel
