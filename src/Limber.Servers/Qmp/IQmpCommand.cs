using Limber.Servers.Json;
using Limber.Servers.Qmp.Schema;

namespace Limber.Servers.Qmp;

/// <summary>One command. Instances are shared by all sessions and keep no state.</summary>
public interface IQmpCommand
{
    /// <summary>Name on the wire.</summary>
    string Name { get; }

    /// <summary>
    /// What it takes and returns. The arguments are checked against it before <see cref="Execute"/>, and introspection
    /// is written from it.
    /// </summary>
    QmpSignature Signature { get; }

    /// <summary><see cref="Signature"/> as the clients of a dialect know it.</summary>
    QmpSignature SignatureIn(QmpDialect dialect) => Signature;

    /// <summary>
    /// May be sent as <c>exec-oob</c>: it neither blocks nor depends on commands sent before it.
    /// </summary>
    bool AllowsOutOfBand => false;

    /// <summary>Carries the command out. May block its own session; thread: the session's worker.</summary>
    /// <exception cref="QmpException">The refusal for the client.</exception>
    /// <exception cref="Control.VmException">The machine's refusal; its message becomes a GenericError.</exception>
    JsonValue Execute(QmpArguments arguments, QmpContext context);
}
