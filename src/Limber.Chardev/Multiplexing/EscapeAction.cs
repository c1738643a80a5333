namespace Limber.Chardev.Multiplexing;

/// <summary>What a byte typed at a multiplexed terminal means.</summary>
internal enum EscapeAction
{
    /// <summary>Nothing: it began or ended an escape.</summary>
    None,

    /// <summary>Input for whoever is in focus.</summary>
    Input,

    /// <summary>The other one gets the focus.</summary>
    Switch,

    /// <summary>End the machine.</summary>
    Quit,

    /// <summary>Print what can follow the escape character.</summary>
    Help,
}
