using System;
using Limber.Servers.Json;
using Limber.Servers.Qmp.Schema;

namespace Limber.Servers.Qmp;

/// <summary>A command made of its signature and one function.</summary>
internal sealed class DelegateCommand(
    string name,
    QmpSignature signature,
    Func<QmpArguments, QmpContext, JsonValue> execute) : IQmpCommand
{
    public string Name => name;

    public QmpSignature Signature => signature;

    /// <summary>What it takes in StratoVirt's dialect, when that differs.</summary>
    public QmpSignature? StratoVirtSignature { get; init; }

    public QmpSignature SignatureIn(QmpDialect dialect) => dialect == QmpDialect.StratoVirt ? StratoVirtSignature ?? signature : signature;

    public JsonValue Execute(QmpArguments arguments, QmpContext context) => execute(arguments, context);
}
