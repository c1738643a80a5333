namespace Limber.DeviceOptions;

/// <summary>Open descriptors that a client gave names.</summary>
public interface IDescriptorNames
{
    /// <summary>Takes the descriptor of a name for what is being made; null when there is none. The name is gone then.</summary>
    int? Take(string name);

    /// <summary>Whether a client may name this one by its number: it was open when the program began, and nobody has taken it since.</summary>
    bool IsInherited(int descriptor);
}
